-- A release is an immutable set of texts. Publishing one, again or for the first time, is a row of its own: the
-- newest row of a catalog names the release in use.
CREATE TABLE releases (
    release_id VARCHAR PRIMARY KEY,
    catalog_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL,
    created_by VARCHAR NOT NULL,
    embeds_generated BOOLEAN NOT NULL, -- whether texts that nobody edited are embedded
    lift JSON NOT NULL -- the measurement it stood on; '{}': none
);

CREATE TABLE release_texts (
    release_id VARCHAR NOT NULL,
    course_key VARCHAR NOT NULL,
    enhancement_id VARCHAR NOT NULL,
    state VARCHAR NOT NULL, -- approved or edited
    text VARCHAR NOT NULL, -- as it was published: an edited text may be edited again
    text_hash VARCHAR NOT NULL, -- SHA-256 of the text
    PRIMARY KEY (release_id, course_key)
);

CREATE TABLE release_publications (
    sequence BIGINT NOT NULL,
    catalog_id VARCHAR NOT NULL,
    release_id VARCHAR NOT NULL,
    published_at TIMESTAMP NOT NULL,
    published_by VARCHAR NOT NULL
);

ALTER TABLE recommendation_runs ADD COLUMN release_id VARCHAR DEFAULT ''; -- '': no release was published
