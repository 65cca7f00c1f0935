-- Version 1. A released file is never edited: what changes later is a new one.

-- One row per asset: the facts of its newest analysis.
CREATE TABLE assets (
    asset_id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT,
    platform TEXT,
    source_url TEXT,
    upload_ts TEXT NOT NULL,                -- when the asset first came in; RFC 3339, UTC, as all times of day here
    content_sha256 TEXT,
    status TEXT NOT NULL,
    reason TEXT,
    correlation_id TEXT NOT NULL,
    feature_schema_version TEXT NOT NULL,
    library_version TEXT NOT NULL,
    preset TEXT NOT NULL,
    created_at TEXT NOT NULL,               -- of the first analysis
    updated_at TEXT NOT NULL,               -- of the newest one
    media TEXT NOT NULL,                    -- JSON
    score TEXT                              -- JSON
) STRICT;
CREATE INDEX assets_by_content ON assets (content_sha256) WHERE content_sha256 IS NOT NULL;

-- Which rows of the feature tables the newest analysis wrote: one per modality, the host's own included.
CREATE TABLE newest (
    asset_id TEXT NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    modality TEXT NOT NULL,
    model_version TEXT NOT NULL,
    PRIMARY KEY (asset_id, modality)
) STRICT, WITHOUT ROWID;

-- One row per asset, modality and version; what older versions found stays beside the newest.
CREATE TABLE features_audio (
    asset_id TEXT NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    model_version TEXT NOT NULL,
    feature_schema_version TEXT NOT NULL,
    preset TEXT NOT NULL,
    version TEXT NOT NULL,                  -- of the library that wrote the row
    status TEXT NOT NULL,
    reason TEXT,
    error TEXT,                             -- JSON
    started_at TEXT,
    completed_at TEXT,
    summary TEXT,                           -- JSON
    vectors TEXT,                           -- JSON: every array of numbers in the summary, by its path
    vectors_uri TEXT,                       -- where the frame-level features are
    PRIMARY KEY (asset_id, model_version, feature_schema_version, preset)
) STRICT;
CREATE TABLE features_voice (
    asset_id TEXT NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    model_version TEXT NOT NULL,
    feature_schema_version TEXT NOT NULL,
    preset TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    error TEXT,
    started_at TEXT,
    completed_at TEXT,
    summary TEXT,
    vectors TEXT,
    vectors_uri TEXT,
    PRIMARY KEY (asset_id, model_version, feature_schema_version, preset)
) STRICT;
CREATE TABLE features_text (
    asset_id TEXT NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    model_version TEXT NOT NULL,
    feature_schema_version TEXT NOT NULL,
    preset TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    error TEXT,
    started_at TEXT,
    completed_at TEXT,
    summary TEXT,
    vectors TEXT,
    vectors_uri TEXT,
    PRIMARY KEY (asset_id, model_version, feature_schema_version, preset)
) STRICT;
CREATE TABLE features_vision (
    asset_id TEXT NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    model_version TEXT NOT NULL,
    feature_schema_version TEXT NOT NULL,
    preset TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    error TEXT,
    started_at TEXT,
    completed_at TEXT,
    summary TEXT,
    vectors TEXT,
    vectors_uri TEXT,
    PRIMARY KEY (asset_id, model_version, feature_schema_version, preset)
) STRICT;
-- The modalities of the host's own extractors.
CREATE TABLE features_custom (
    asset_id TEXT NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    modality TEXT NOT NULL,
    model_version TEXT NOT NULL,
    feature_schema_version TEXT NOT NULL,
    preset TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    error TEXT,
    started_at TEXT,
    completed_at TEXT,
    summary TEXT,
    vectors TEXT,
    vectors_uri TEXT,
    PRIMARY KEY (asset_id, modality, model_version, feature_schema_version, preset)
) STRICT;

-- Of the newest analysis alone; times in seconds.
CREATE TABLE transcripts (
    asset_id TEXT NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    segment_id INTEGER NOT NULL,
    start_ts REAL,
    end_ts REAL,
    speaker_label TEXT,
    text TEXT NOT NULL,
    emotion_scores TEXT,                    -- JSON
    PRIMARY KEY (asset_id, segment_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE shots (
    asset_id TEXT NOT NULL REFERENCES assets (asset_id) ON DELETE CASCADE,
    shot_id INTEGER NOT NULL,
    start_ts REAL NOT NULL,
    end_ts REAL NOT NULL,
    motion_score REAL,
    faces_present INTEGER,
    overlay_text TEXT,
    PRIMARY KEY (asset_id, shot_id)
) STRICT, WITHOUT ROWID;

-- How many assets were erased since the file was last rewritten: their bytes may still stand in it.
CREATE TABLE scrub (
    due INTEGER NOT NULL
) STRICT;
INSERT INTO scrub (due) VALUES (0);
