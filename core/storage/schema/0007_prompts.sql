-- Prompts that staff saved, never changed. The newest choice of a language names the version in use; without one it is
-- version 0, the prompt that comes with the program.
CREATE TABLE prompt_versions (
    language VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    content JSON NOT NULL,
    created_at TIMESTAMP NOT NULL,
    author VARCHAR NOT NULL,
    note VARCHAR NOT NULL,
    PRIMARY KEY (language, version)
);

CREATE TABLE prompt_choices (
    sequence BIGINT PRIMARY KEY,
    language VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    chosen_at TIMESTAMP NOT NULL,
    chosen_by VARCHAR NOT NULL
);
