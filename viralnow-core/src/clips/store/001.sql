-- Version 1. A released file is never edited: what changes later is a new one.

-- One row per clip: its last look and its last scores. The columns are for looking up; `body` is the clip.
CREATE TABLE clips (
    key INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    id TEXT NOT NULL,
    seen_at INTEGER NOT NULL,               -- of the last look; microseconds since 1970, as all times here
    published INTEGER,
    views INTEGER,                          -- no more than 2^63 - 1, for sorting; `body` has it all
    growth_6h REAL,
    final_score REAL,
    body TEXT NOT NULL,                     -- JSON
    reasons TEXT,                           -- JSON: virality and contributions
    UNIQUE (platform, id)
) STRICT;
CREATE INDEX clips_by_score ON clips (final_score);
-- With all that a summary reads, so that it need not go to the rows.
CREATE INDEX clips_by_platform ON clips (platform, final_score, views, growth_6h, seen_at);
CREATE INDEX clips_by_growth ON clips (growth_6h);
CREATE INDEX clips_by_published ON clips (published);

-- The niche that a source gives, and the niche keywords that were found; in lower case.
CREATE TABLE niches (
    niche TEXT NOT NULL,
    clip INTEGER NOT NULL REFERENCES clips (key) ON DELETE CASCADE,
    PRIMARY KEY (niche, clip)
) STRICT, WITHOUT ROWID;
CREATE INDEX niches_of_clip ON niches (clip);

-- What was seen when. Only ever grows. Counts are unsigned 64-bit numbers, in two's complement.
CREATE TABLE snapshots (
    clip INTEGER NOT NULL REFERENCES clips (key) ON DELETE CASCADE,
    time INTEGER NOT NULL,
    views INTEGER,
    likes INTEGER,
    comments INTEGER,
    shares INTEGER,
    saves INTEGER,
    PRIMARY KEY (clip, time)
) STRICT, WITHOUT ROWID;

-- The words of title, tags, channel and transcript by `clips.key`.
CREATE VIRTUAL TABLE words USING fts5 (
    title, tags, transcript, channel, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);

-- States of the weekly loop by the host's name for them.
CREATE TABLE feedback (
    name TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,                    -- JSON
    updated_at INTEGER NOT NULL
) STRICT;
