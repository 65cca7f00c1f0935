-- Places that are watched. A file may be shared by several processes, and each has its runs.
CREATE TABLE fn (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    module TEXT NOT NULL,
    file TEXT NOT NULL,
    line INTEGER NOT NULL,
    UNIQUE (name, module, file, line)
);
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    pid INTEGER NOT NULL,
    started_us INTEGER NOT NULL,
    version TEXT NOT NULL
);
-- One function in one run: a single small number in each call.
CREATE TABLE site (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    fn INTEGER NOT NULL,
    UNIQUE (run, fn)
);
-- id: microseconds since 2020-01-01 of the start, times 64, plus a number among equals: the row's number is the index over time.
-- parent: how far the parent's number in the run lies before span; NULL without one.
-- more: a JSON object of what few calls have.
CREATE TABLE call (
    id INTEGER PRIMARY KEY,
    site INTEGER NOT NULL,
    span INTEGER NOT NULL,
    parent INTEGER,
    dur_ns INTEGER NOT NULL,
    status INTEGER NOT NULL,
    more TEXT
);
CREATE INDEX call_not_completed ON call (site, id) WHERE status <> 0;
CREATE TABLE stack (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    text TEXT NOT NULL
);
CREATE TABLE error (
    call INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    stack INTEGER
);
CREATE INDEX error_stack ON error (stack);
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    run INTEGER NOT NULL,
    span INTEGER NOT NULL,
    correlation_id TEXT NOT NULL,
    data TEXT NOT NULL
);
-- Counts by minute and by hour (both in minutes since 1970); buckets as LEB128 pairs of number and count.
CREATE TABLE hist_1m (
    minute INTEGER NOT NULL,
    fn INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    sum_ns INTEGER NOT NULL,
    buckets BLOB NOT NULL,
    PRIMARY KEY (minute, fn)
) WITHOUT ROWID;
CREATE TABLE hist_1h (
    minute INTEGER NOT NULL,
    fn INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    sum_ns INTEGER NOT NULL,
    buckets BLOB NOT NULL,
    PRIMARY KEY (minute, fn)
) WITHOUT ROWID;
-- How long each step of a job took, in each of its last runs.
CREATE TABLE job_step (
    id INTEGER PRIMARY KEY,
    job TEXT NOT NULL,
    step TEXT NOT NULL,
    seconds REAL NOT NULL
);
CREATE INDEX job_step_job ON job_step (job, step, id);
