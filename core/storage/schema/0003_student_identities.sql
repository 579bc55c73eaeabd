-- Students are known by a pseudonym everywhere; only this table says whose it is.
CREATE TABLE student_identities (
    student_id VARCHAR PRIMARY KEY, -- random: "P-" and twelve hexadecimal digits
    number VARCHAR NOT NULL UNIQUE, -- the university's
    last_seen_at TIMESTAMP NOT NULL -- when an upload last held it
);

INSERT INTO student_identities
SELECT 'P-' || upper(substr(md5(uuid()::VARCHAR), 1, 12)), number,
    coalesce((SELECT max(uploaded_at) FROM uploads WHERE kind = 'students'), 'epoch'::TIMESTAMP)
FROM (SELECT student_id AS number FROM students UNION SELECT student_id FROM recommendations);

-- The hash over a run's lists is taken anew, but only where the lists are still what was stored.
CREATE TEMP TABLE unaltered AS
SELECT run_id FROM recommendation_runs AS run WHERE lists_hash = (
    SELECT sha256(string_agg(
        concat_ws(chr(9), student_id, course_key, rank, score, signal_weights, contributions),
        chr(10) ORDER BY student_id, rank
    )) FROM recommendations WHERE recommendations.run_id = run.run_id
);
UPDATE students SET student_id = known.student_id
FROM student_identities AS known WHERE known.number = students.student_id;
UPDATE recommendations SET student_id = known.student_id
FROM student_identities AS known WHERE known.number = recommendations.student_id;
UPDATE recommendation_runs SET lists_hash = (
    SELECT sha256(string_agg(
        concat_ws(chr(9), student_id, course_key, rank, score, signal_weights, contributions),
        chr(10) ORDER BY student_id, rank
    )) FROM recommendations WHERE recommendations.run_id = recommendation_runs.run_id
) WHERE run_id IN (SELECT run_id FROM unaltered);
DROP TABLE unaltered;
