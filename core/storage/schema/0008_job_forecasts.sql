-- What was foretold about the rest of a job while it ran, kept as it was said, to be compared with what came.
CREATE TABLE job_forecasts (
    job_id VARCHAR PRIMARY KEY,
    made_at TIMESTAMP NOT NULL,
    done INTEGER NOT NULL, -- items that the forecast was made from
    remaining INTEGER NOT NULL, -- items it is about
    seconds DOUBLE NOT NULL,
    low DOUBLE NOT NULL,
    high DOUBLE NOT NULL
);
