-- Version 3: transcripts and shots say which version of the method found them, as the features do.
ALTER TABLE transcripts ADD COLUMN model_version TEXT NOT NULL DEFAULT '';
ALTER TABLE transcripts ADD COLUMN feature_schema_version TEXT NOT NULL DEFAULT '';
ALTER TABLE shots ADD COLUMN model_version TEXT NOT NULL DEFAULT '';
ALTER TABLE shots ADD COLUMN feature_schema_version TEXT NOT NULL DEFAULT '';
-- They are those of the newest analysis, whose versions are known.
UPDATE transcripts SET
    model_version = coalesce((SELECT n.model_version FROM newest n
        WHERE n.asset_id = transcripts.asset_id AND n.modality = 'text'), ''),
    feature_schema_version = (SELECT a.feature_schema_version FROM assets a WHERE a.asset_id = transcripts.asset_id);
UPDATE shots SET
    model_version = coalesce((SELECT n.model_version FROM newest n
        WHERE n.asset_id = shots.asset_id AND n.modality = 'vision'), ''),
    feature_schema_version = (SELECT a.feature_schema_version FROM assets a WHERE a.asset_id = shots.asset_id);
