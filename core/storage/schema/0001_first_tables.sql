-- Times are UTC without a zone. There are no foreign keys: DuckDB checks them eagerly inside a transaction,
-- and every write goes through a store that keeps the rows together.

CREATE TABLE catalogs (
    catalog_id VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    is_sample BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE uploads (
    upload_id VARCHAR PRIMARY KEY,
    content_hash VARCHAR NOT NULL,
    file_name VARCHAR NOT NULL,
    size_bytes BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    stored_path VARCHAR NOT NULL,
    uploaded_at TIMESTAMP NOT NULL
);

CREATE TABLE imports (
    import_id VARCHAR PRIMARY KEY,
    catalog_id VARCHAR NOT NULL,
    upload_id VARCHAR NOT NULL,
    imported_at TIMESTAMP NOT NULL,
    counts JSON NOT NULL
);

CREATE TABLE courses (
    catalog_id VARCHAR NOT NULL,
    course_key VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    title_en VARCHAR NOT NULL,
    department VARCHAR NOT NULL,
    category VARCHAR NOT NULL,
    level VARCHAR NOT NULL,
    credits VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    description_raw VARCHAR NOT NULL,
    prerequisites VARCHAR NOT NULL,
    extra JSON NOT NULL,
    row_number INTEGER NOT NULL,
    content_hash VARCHAR NOT NULL,
    is_active BOOLEAN NOT NULL,
    PRIMARY KEY (catalog_id, course_key)
);

-- What a course said after each import or edit that changed it, whole.
CREATE TABLE course_versions (
    catalog_id VARCHAR NOT NULL,
    course_key VARCHAR NOT NULL,
    import_id VARCHAR, -- NULL: edited by a person
    saved_at TIMESTAMP NOT NULL,
    content_hash VARCHAR NOT NULL,
    course JSON NOT NULL
);

CREATE TABLE mappings (
    shape VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    fields JSON NOT NULL,
    saved_at TIMESTAMP NOT NULL,
    PRIMARY KEY (shape, kind)
);

CREATE TABLE triage (
    catalog_id VARCHAR NOT NULL,
    course_key VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    reason JSON NOT NULL,
    judged_at TIMESTAMP NOT NULL,
    PRIMARY KEY (catalog_id, course_key)
);

CREATE TABLE enhancements (
    enhancement_id VARCHAR PRIMARY KEY,
    catalog_id VARCHAR NOT NULL,
    course_key VARCHAR NOT NULL,
    job_id VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    provenance JSON NOT NULL,
    source_hash VARCHAR NOT NULL,
    finish_reason VARCHAR NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    new_tokens INTEGER NOT NULL,
    seconds DOUBLE NOT NULL,
    created_at TIMESTAMP NOT NULL,
    state VARCHAR NOT NULL,
    edited_text VARCHAR,
    findings JSON NOT NULL,
    decided_at TIMESTAMP,
    decided_by VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    cache_key VARCHAR NOT NULL -- '' when the text may not be reused
);

-- One row per enhancement and decision, never changed. `previous` is what an undo puts back.
CREATE TABLE decisions (
    sequence BIGINT NOT NULL,
    decision_id VARCHAR NOT NULL,
    enhancement_id VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    edited_text VARCHAR,
    decided_at TIMESTAMP NOT NULL,
    decided_by VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    previous JSON NOT NULL
);

CREATE TABLE jobs (
    job_id VARCHAR PRIMARY KEY,
    kind VARCHAR NOT NULL,
    catalog_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    spec JSON NOT NULL,
    settings_hash VARCHAR NOT NULL,
    idempotency_key VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL,
    total INTEGER NOT NULL,
    started_at TIMESTAMP,
    finished_at TIMESTAMP,
    journal_position BIGINT NOT NULL,
    error JSON
);

CREATE TABLE job_items (
    job_id VARCHAR NOT NULL,
    item_key VARCHAR NOT NULL,
    ordinal INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    attempts INTEGER NOT NULL,
    seconds DOUBLE NOT NULL,
    new_tokens INTEGER NOT NULL,
    error JSON,
    PRIMARY KEY (job_id, item_key)
);

CREATE TABLE job_timings (
    job_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    seconds DOUBLE NOT NULL,
    count INTEGER NOT NULL
);

CREATE TABLE job_samples (
    job_id VARCHAR NOT NULL,
    item_key VARCHAR NOT NULL,
    finished_at TIMESTAMP NOT NULL,
    seconds DOUBLE NOT NULL,
    new_tokens INTEGER NOT NULL,
    rss_mib DOUBLE NOT NULL,
    batch_size INTEGER NOT NULL
);

CREATE TABLE embeddings (
    model VARCHAR NOT NULL,
    text_hash VARCHAR NOT NULL,
    vector BLOB NOT NULL, -- float32, little-endian
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (model, text_hash)
);

CREATE TABLE students (
    student_id VARCHAR PRIMARY KEY,
    department VARCHAR NOT NULL,
    year INTEGER,
    interests VARCHAR[] NOT NULL,
    taken_course_keys VARCHAR[] NOT NULL,
    extra JSON NOT NULL,
    upload_id VARCHAR
);

CREATE TABLE recommendation_runs (
    run_id VARCHAR PRIMARY KEY,
    catalog_id VARCHAR NOT NULL,
    weight_set_id VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL,
    embedding_model VARCHAR NOT NULL,
    text_version VARCHAR NOT NULL,
    seconds DOUBLE NOT NULL,
    signals VARCHAR[] NOT NULL,
    student_count INTEGER NOT NULL,
    top_k INTEGER NOT NULL
);

-- No key: a run is written once, whole, and an index would cost more than the rows.
CREATE TABLE recommendations (
    run_id VARCHAR NOT NULL,
    student_id VARCHAR NOT NULL,
    course_key VARCHAR NOT NULL,
    rank INTEGER NOT NULL,
    score FLOAT NOT NULL,
    signal_weights FLOAT[] NOT NULL, -- effective, in the order of recommendation_runs.signals
    contributions FLOAT[] NOT NULL, -- they sum to the score
    evidence VARCHAR[] NOT NULL -- empty when none was given
);

CREATE TABLE weight_sets (
    weight_set_id VARCHAR PRIMARY KEY,
    catalog_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    weights JSON NOT NULL,
    created_at TIMESTAMP NOT NULL,
    author VARCHAR NOT NULL,
    note VARCHAR NOT NULL
);

-- The newest row of a catalog names its published set.
CREATE TABLE weight_publications (
    sequence BIGINT NOT NULL,
    catalog_id VARCHAR NOT NULL,
    weight_set_id VARCHAR NOT NULL,
    published_at TIMESTAMP NOT NULL
);

CREATE TABLE settings (
    key VARCHAR PRIMARY KEY,
    value JSON NOT NULL,
    saved_at TIMESTAMP NOT NULL
);

CREATE TABLE measurements (
    run_id VARCHAR PRIMARY KEY,
    kind VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL,
    rows JSON NOT NULL,
    machine JSON NOT NULL
);

CREATE TABLE access_log (
    sequence BIGINT PRIMARY KEY,
    recorded_at TIMESTAMP NOT NULL,
    action VARCHAR NOT NULL,
    subjects JSON NOT NULL,
    actor VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    previous_hash VARCHAR NOT NULL,
    entry_hash VARCHAR NOT NULL
);
