//! The embedded store: what is put is what is got, once, under its versions, until it is erased.

use crate::support;

use serde_json::{Value, json};
use std::path::Path;
use support::{payload, value};
use viralnow_core::features::{AssetStatus, FEATURE_SCHEMA_VERSION, ModalityStatus, Payload};
use viralnow_core::store::{FeatureStore, SqliteStore, Versions};
use viralnow_core::{AssetId, ErrorKind, Preset};

fn id(text: &str) -> AssetId {
    AssetId::new(text).unwrap()
}

fn json_of(payload: &Payload) -> String {
    serde_json::to_string(payload).unwrap()
}

fn memory() -> SqliteStore {
    SqliteStore::open(":memory:").unwrap()
}

/// The versions of the payloads of `support`.
fn versions(models: &[(&str, &str)]) -> Versions {
    Versions {
        feature_schema_version: FEATURE_SCHEMA_VERSION.to_owned(),
        models: models.iter().map(|(m, v)| ((*m).to_owned(), (*v).to_owned())).collect(),
        preset: Preset::Balanced,
    }
}

const ERASURE_WORKLOADS: u64 = 5;

const BUILT_IN: &[(&str, &str)] =
    &[("audio", "audio-1.0"), ("text", "text-1.0"), ("vision", "vision-1.0"), ("voice", "voice-1.0")];

#[test]
fn the_test_payload_fills_every_field() {
    // What the types write is what was written by hand: no field of theirs is left to its default.
    assert_eq!(serde_json::to_value(payload("a", "m", 1)).unwrap(), value("a", "m", 1));
}

#[test]
fn a_payload_comes_back_byte_for_byte() {
    let store = memory();
    let put = payload("clip-1", "marker", 3);
    store.put(&put).unwrap();
    let got = store.get(&put.asset_id).unwrap().unwrap();
    assert_eq!(json_of(&got), json_of(&put));
    assert_eq!(store.get(&id("clip-2")).unwrap(), None);
}

#[test]
fn a_payload_without_anything_comes_back_too() {
    let nothing = json!({"status": "unavailable", "reason": "no stream", "model_version": "x", "started_at": null, "completed_at": null, "summary": null});
    let bare = json!({
        "asset_id": "bare", "status": "failed", "correlation_id": "c", "feature_schema_version": "1.0", "library_version": "0.1.0",
        "preset": "fast", "content_sha256": null, "input_sha256": null, "created_at": "t", "updated_at": "t", "media": serde_json::to_value(viralnow_core::media::MediaInfo::default()).unwrap(),
        "modalities": {"audio": nothing, "voice": nothing, "text": nothing, "vision": nothing}, "score": null,
    });
    let put: Payload = serde_json::from_value(bare).unwrap();
    let store = memory();
    store.put(&put).unwrap();
    assert_eq!(json_of(&store.get(&put.asset_id).unwrap().unwrap()), json_of(&put));
}

#[test]
fn twice_the_same_is_one_row() {
    let (_dir, path, store) = on_disk();
    let put = payload("clip-1", "marker", 3);
    store.put(&put).unwrap();
    let once = dump(&path);
    store.put(&put).unwrap();
    assert_eq!(dump(&path), once);
    assert_eq!(store.len().unwrap(), 1);
}

#[test]
fn a_second_analysis_keeps_the_first_time_and_the_older_version() {
    let (_dir, path, store) = on_disk();
    let first = payload("clip-1", "marker", 3);
    store.put(&first).unwrap();
    let mut second = value("clip-1", "marker", 4);
    second["created_at"] = "2026-12-24T18:00:00Z".into();
    second["updated_at"] = "2026-12-24T18:00:01Z".into();
    second["modalities"]["audio"]["model_version"] = "audio-2.0".into();
    second["modalities"]["text"]["summary"]["transcript"].as_array_mut().unwrap().pop();
    second["modalities"]["vision"]["summary"] = Value::Null;
    second["modalities"].as_object_mut().unwrap().remove("host_mood");
    let put: Payload = serde_json::from_value(second.clone()).unwrap();
    store.put(&put).unwrap();

    second["created_at"] = first.created_at.clone().into();
    let expected: Payload = serde_json::from_value(second).unwrap();
    assert_eq!(json_of(&store.get(&put.asset_id).unwrap().unwrap()), json_of(&expected));

    let connection = rusqlite::Connection::open(&path).unwrap();
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM assets"), 1);
    assert_eq!(count("SELECT count(*) FROM features_audio"), 2, "both versions");
    assert_eq!(count("SELECT count(*) FROM features_voice"), 1);
    assert_eq!(count("SELECT count(*) FROM transcripts"), 1, "of the newest analysis");
    assert_eq!(count("SELECT count(*) FROM shots"), 0, "of the newest analysis");
    assert_eq!(count("SELECT upload_ts = created_at AND created_at < updated_at FROM assets"), 1);
}

#[test]
fn the_tables_have_the_columns_of_the_specification() {
    let (_dir, path, store) = on_disk();
    store.put(&payload("clip-1", "marker", 3)).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let columns = |table: &str| -> Vec<String> {
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
        statement.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let feature = ["asset_id", "version", "summary", "vectors", "model_version", "feature_schema_version"];
    let wanted: &[(&str, &[&str])] = &[
        ("assets", &["asset_id", "user_id", "platform", "source_url", "upload_ts"]),
        ("features_audio", &feature),
        ("features_voice", &feature),
        ("features_text", &feature),
        ("features_vision", &feature),
        (
            "transcripts",
            &[
                "asset_id",
                "segment_id",
                "start_ts",
                "end_ts",
                "speaker_label",
                "text",
                "emotion_scores",
                "model_version",
                "feature_schema_version",
            ],
        ),
        (
            "shots",
            &[
                "asset_id",
                "shot_id",
                "start_ts",
                "end_ts",
                "motion_score",
                "faces_present",
                "overlay_text",
                "model_version",
                "feature_schema_version",
            ],
        ),
    ];
    for (table, names) in wanted {
        let has = columns(table);
        for name in *names {
            assert!(has.iter().any(|column| column == name), "{table} has no {name}: {has:?}");
        }
    }
    // And the values stand in them.
    let text = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    for (table, version) in [("transcripts", "text-1.0"), ("shots", "vision-1.0")] {
        let sql = format!("SELECT DISTINCT model_version || ' ' || feature_schema_version FROM {table}");
        assert_eq!(text(&sql), format!("{version} {FEATURE_SCHEMA_VERSION}"));
    }
    assert_eq!(
        text("SELECT user_id || platform || source_url FROM assets"),
        "user-markertiktokhttps://example.org/marker?a=b&c=ü"
    );
    assert_eq!(
        text("SELECT json_extract(summary, '$.loudness.integrated_lufs') || '' FROM features_audio"),
        "-17.2"
    );
    assert_eq!(text("SELECT json_array_length(vectors, '$.\"mfcc.mean\"') || '' FROM features_audio"), "20");
    assert_eq!(text("SELECT group_concat(speaker_label || start_ts || end_ts) FROM transcripts"), "S10.14.2");
    assert_eq!(text("SELECT json_extract(emotion_scores, '$.curiosity') || '' FROM transcripts"), "0.61");
    assert_eq!(
        text(
            "SELECT group_concat(shot_id || ' ' || start_ts || ' ' || end_ts || ' ' || ifnull(motion_score, '-') || ' ' || ifnull(faces_present, '-') || ' ' || ifnull(overlay_text, '-'), '; ') FROM shots"
        ),
        "0 0.0 4.004 0.3 1 marker; 1 4.004 30.033 - - -"
    );
    assert_eq!(
        text("SELECT group_concat(modality || ' ' || status, ', ') FROM features_custom"),
        "host_logo complete, host_mood failed"
    );
}

#[test]
fn find_wants_the_same_content_and_versions() {
    let store = memory();
    let put = payload("clip-1", "marker", 3);
    store.put(&put).unwrap();
    let sha = put.input_sha256.clone().unwrap();
    let found = |versions: &Versions| store.find(&sha, versions).unwrap().map(|p| json_of(&p));
    assert_eq!(found(&versions(BUILT_IN)), Some(json_of(&put)));
    assert_eq!(found(&versions(&[("text", "text-1.0")])), Some(json_of(&put)), "fewer are asked for");
    assert_eq!(
        found(&versions(&[("host_logo", "logo-7")])),
        Some(json_of(&put)),
        "the host's own counts too"
    );
    assert_eq!(store.find(&"0".repeat(64), &versions(BUILT_IN)).unwrap(), None);
    for (modality, version) in
        [("audio", "audio-2.0"), ("host_logo", "logo-8"), ("host_new", "1"), ("host_mood", "mood-1")]
    {
        assert_eq!(found(&versions(&[(modality, version)])), None, "{modality} {version}");
    }
    assert_eq!(found(&Versions { preset: Preset::Reference, ..versions(BUILT_IN) }), None);
    assert_eq!(found(&Versions { feature_schema_version: "2.0".to_owned(), ..versions(BUILT_IN) }), None);

    // What another try may better is not found.
    for (status, reason, reusable) in [
        ("unavailable", "the asset has no sound", true),
        ("unavailable", "this FFmpeg has no decoder for the stream's codec", false),
        ("skipped", "", false),
        ("failed", "", false),
    ] {
        let store = memory();
        let found = |versions: &Versions| store.find(&sha, versions).unwrap();
        let mut changed = value("clip-1", "marker", 3);
        changed["modalities"]["voice"]["status"] = status.into();
        changed["modalities"]["voice"]["reason"] = reason.into();
        store.put(&serde_json::from_value(changed).unwrap()).unwrap();
        assert_eq!(found(&versions(BUILT_IN)).is_some(), reusable, "{status}: {reason}");
        assert!(found(&versions(&[("audio", "audio-1.0")])).is_some(), "audio is as good as before");
    }
    // One that could not be had does not hide the one before it that could.
    let store = memory();
    let mut newer = value("clip-2", "marker", 3);
    newer["updated_at"] = "2027-01-01T00:00:00Z".into();
    newer["modalities"]["voice"]["status"] = "unavailable".into();
    store.put(&put).unwrap();
    store.put(&serde_json::from_value(newer).unwrap()).unwrap();
    assert_eq!(store.find(&sha, &versions(BUILT_IN)).unwrap().unwrap().asset_id, put.asset_id);
    let store = memory();
    let mut partial = value("clip-1", "marker", 3);
    partial["status"] = "partial".into();
    store.put(&serde_json::from_value(partial).unwrap()).unwrap();
    assert_eq!(store.find(&sha, &versions(BUILT_IN)).unwrap(), None);
}

/// The payload of `support`, complete in everything.
fn whole() -> Value {
    let mut whole = value("clip-1", "marker", 3);
    whole.as_object_mut().unwrap().remove("reason");
    whole["modalities"]["audio"].as_object_mut().unwrap().remove("reason");
    whole["modalities"].as_object_mut().unwrap().remove("host_mood");
    whole
}

fn payload_of(value: &Value) -> Payload {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn an_analysis_of_less_destroys_nothing() {
    let (_dir, path, store) = on_disk();
    let put = |value: &Value| store.put(&payload_of(value)).unwrap();
    let got = || store.get(&id("clip-1")).unwrap().unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let whole = whole();
    put(&whole);

    // The sound alone, by a host that says nothing of the asset.
    let mut less = whole.clone();
    less["correlation_id"] = "job-2".into();
    less["library_version"] = "0.2.0".into();
    less["meta"] = json!({});
    less["media"]["frames"] = Value::Null;
    less["modalities"]["audio"]["summary"]["zero_crossing_rate"]["mean"] = 0.25.into();
    for name in ["voice", "text", "vision"] {
        let version = whole["modalities"][name]["model_version"].clone();
        less["modalities"][name] = json!({"status": "skipped", "model_version": version, "started_at": null,
                                          "completed_at": null, "summary": null});
    }
    less["modalities"].as_object_mut().unwrap().remove("host_logo");
    put(&less);
    let both = got();
    let (first, second) = (payload_of(&whole), payload_of(&less));
    assert_eq!(both.modalities.audio, second.modalities.audio, "what is new");
    assert_eq!(both.modalities.voice, first.modalities.voice);
    assert_eq!(both.modalities.text, first.modalities.text);
    assert_eq!(both.modalities.vision, first.modalities.vision);
    assert_eq!(both.modalities.custom, first.modalities.custom);
    assert_eq!((both.status, both.reason), (AssetStatus::Complete, None));
    assert_eq!((both.meta, both.media.frames), (first.meta, Some(900)));
    assert_eq!(both.correlation_id.as_str(), "job-2");
    assert_eq!(both.score, viralnow_core::score::score(&both.media, &both.modalities));
    assert_eq!((count("transcripts"), count("shots"), count("features_custom")), (2, 2, 1));
    let version = |table: &str| {
        let sql = format!("SELECT version FROM {table}");
        connection.query_row(&sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    assert_eq!((version("features_audio").as_str(), version("features_voice").as_str()), ("0.2.0", "0.1.0"));

    // A run that was cut short, and one that failed, by the same versions.
    let before = got();
    let mut cut = whole.clone();
    (cut["status"], cut["reason"]) = ("partial".into(), "the time allowed is over".into());
    cut["media"]["duration_s"] = 3.5.into();
    for name in ["audio", "voice", "text", "vision"] {
        cut["modalities"][name]["reason"] = "cut short".into();
    }
    cut["modalities"]["vision"] = json!({"status": "failed", "model_version": "vision-1.0", "started_at": null,
        "completed_at": null, "summary": null, "error": {"code": "TIMEOUT", "message": "m", "retryable": true}});
    put(&cut);
    let after = got();
    assert_eq!((after.status, &after.reason), (AssetStatus::Complete, &None));
    assert_eq!((&after.modalities, after.media), (&before.modalities, before.media));
    assert_eq!((count("transcripts"), count("shots")), (2, 2));

    // Another version of the method is another matter: what it failed at is told, and the older row stays beside it.
    cut["modalities"]["vision"]["model_version"] = "vision-2.0".into();
    put(&cut);
    let after = got();
    assert_eq!(
        (after.status, after.reason.as_deref()),
        (AssetStatus::Partial, Some("the time allowed is over"))
    );
    assert_eq!(after.modalities.vision.status, ModalityStatus::Failed);
    assert_eq!((after.modalities.voice, count("features_vision")), (before.modalities.voice, 2));

    // Another input under the same name: nothing of the old one is true of it.
    less["input_sha256"] = "f".repeat(64).into();
    put(&less);
    let other = got();
    assert_eq!(other.modalities, payload_of(&less).modalities);
    assert_eq!((count("transcripts"), count("shots")), (0, 0));
    assert_eq!(other.meta.user_id.as_deref(), Some("user-marker"), "the host has not taken it back");
}

#[test]
fn a_file_of_the_first_version_is_brought_forward() {
    let (_dir, path, store) = on_disk();
    store.put(&payload("clip-1", "marker", 3)).unwrap();
    drop(store);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection
        .execute_batch(
            "DROP INDEX assets_by_input; ALTER TABLE assets DROP COLUMN input_sha256; PRAGMA user_version = 1;
             ALTER TABLE transcripts DROP COLUMN model_version;
             ALTER TABLE transcripts DROP COLUMN feature_schema_version;
             ALTER TABLE shots DROP COLUMN model_version;
             ALTER TABLE shots DROP COLUMN feature_schema_version;",
        )
        .unwrap();
    let schema = |connection: &rusqlite::Connection| -> Vec<String> {
        let mut tables = connection
            .prepare(
                "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c
                 WHERE m.type = 'table' ORDER BY m.name, c.cid",
            )
            .unwrap();
        tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let first = rusqlite::Connection::open_in_memory().unwrap();
    first.execute_batch(include_str!("../viralnow-core/src/store/sqlite/001.sql")).unwrap();
    assert_eq!(schema(&connection), schema(&first), "this is what the first version wrote");
    drop(connection);

    let store = SqliteStore::open(&path).unwrap();
    let got = store.get(&id("clip-1")).unwrap().unwrap();
    // What was called the hash of the content until then was that of everything given.
    assert_eq!(got.input_sha256, got.content_sha256);
    assert_eq!(got.content_sha256, payload("clip-1", "marker", 3).content_sha256);
    // What found the transcript and the shots is what the newest analysis ran.
    let connection = rusqlite::Connection::open(&path).unwrap();
    for (table, version) in [("transcripts", "text-1.0"), ("shots", "vision-1.0")] {
        let sql = format!("SELECT DISTINCT model_version || ' ' || feature_schema_version FROM {table}");
        let found: String = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        assert_eq!(found, format!("{version} {FEATURE_SCHEMA_VERSION}"));
    }
}

#[test]
fn assets_are_counted_and_asked_for() {
    let store = memory();
    assert!(store.count().unwrap() == 0 && !store.contains(&id("a")).unwrap());
    for name in ["a", "b", "b"] {
        store.put(&payload(name, "m", 0)).unwrap();
    }
    let asked = |name: &str| store.contains(&id(name)).unwrap();
    assert_eq!((store.count().unwrap(), asked("a"), asked("b"), asked("c")), (2, true, true, false));
}

#[test]
fn of_two_assets_with_one_content_the_newest_that_fits_is_found() {
    let store = memory();
    for (asset, updated, version) in [
        ("old", "2026-01-01T00:00:00Z", "audio-1.0"),
        ("new", "2026-01-02T00:00:00Z", "audio-1.0"),
        ("newest", "2026-01-03T00:00:00Z", "audio-9"),
    ] {
        let mut changed = value(asset, "m", 3);
        changed["updated_at"] = updated.into();
        changed["modalities"]["audio"]["model_version"] = version.into();
        store.put(&serde_json::from_value(changed).unwrap()).unwrap();
    }
    let sha = payload("x", "m", 3).input_sha256.unwrap();
    assert_eq!(store.find(&sha, &versions(BUILT_IN)).unwrap().unwrap().asset_id, id("new"));
}

#[test]
fn the_list_is_sorted_and_pages() {
    let store = memory();
    let names = ["b", "a", "ä", "B", "aa", "10", "9"];
    for name in names {
        store.put(&payload(name, "m", 0)).unwrap();
    }
    let mut sorted: Vec<AssetId> = names.iter().map(|name| id(name)).collect();
    sorted.sort();
    assert_eq!(store.list(None, usize::MAX).unwrap(), sorted);
    assert_eq!(store.len().unwrap(), names.len());
    let mut paged = Vec::new();
    while let Some(page) = Some(store.list(paged.last(), 2).unwrap()).filter(|page| !page.is_empty()) {
        assert!(page.len() <= 2);
        paged.extend(page);
    }
    assert_eq!(paged, sorted);
    assert_eq!(store.list(None, 0).unwrap(), []);
}

type Spoil = fn(&mut Payload);

#[test]
fn what_could_not_be_read_back_is_refused_and_nothing_is_written() {
    let store = memory();
    let good = payload("clip-1", "marker", 3);
    store.put(&good).unwrap();
    let spoil: [(&str, Spoil); 6] = [
        ("NaN in a summary", |p| {
            p.modalities.audio.summary.as_mut().unwrap().rms.as_mut().unwrap().mean = f64::NAN;
        }),
        ("NaN in an optional value", |p| {
            p.modalities.voice.summary.as_mut().unwrap().jitter = Some(f64::NAN);
        }),
        ("infinity in the media", |p| p.media.duration_s = Some(f64::INFINITY)),
        ("NaN in the score", |p| p.score.as_mut().unwrap().viral = f64::NAN),
        ("two shots of one number", |p| p.modalities.vision.summary.as_mut().unwrap().shots[1].shot_id = 0),
        ("a host's modality named audio", |p| {
            let own = p.modalities.custom["host_logo"].clone();
            p.modalities.custom.insert("audio".to_owned(), own);
        }),
    ];
    for (what, spoil) in spoil {
        let mut bad = payload("clip-1", "other", 4);
        spoil(&mut bad);
        let error = store.put(&bad).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{what}: {error}");
        assert_eq!(json_of(&store.get(&id("clip-1")).unwrap().unwrap()), json_of(&good), "{what}");
    }
}

#[test]
fn threads_share_a_store() {
    let (_dir, _path, store) = on_disk();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..25 {
                    let put = payload(&format!("{thread}-{n}"), "m", n);
                    store.put(&put).unwrap();
                    assert_eq!(store.get(&put.asset_id).unwrap().as_ref(), Some(&put));
                }
            });
        }
    });
    assert_eq!(store.len().unwrap(), 100);
}

#[test]
fn an_erased_asset_leaves_nothing_in_the_files() {
    // Transcripts of all lengths, rewritten again and again: pages are split and joined on the way, and rows move from
    // one to another. Overwriting what is deleted is not enough then; without the rewriting of the file, the last of
    // these workloads leaves copies.
    for seed in 0..ERASURE_WORKLOADS {
        let (dir, _path, store) = on_disk();
        let marker = "Qq7-this-must-go";
        let mut random = Random(seed);
        let mut names: Vec<String> = (0..40).map(|n| format!("keep-{n}")).collect();
        names.push(format!("asset-{marker}"));
        for _ in 0..4 {
            for i in (1..names.len()).rev() {
                names.swap(i, random.below(i + 1));
            }
            for name in &names {
                let mut changed = value(name, name, 1);
                changed["modalities"]["text"]["summary"]["transcript"] = (0..=random.below(12))
                    .map(|n| {
                        json!({"segment_id": n, "start_s": n, "end_s": n + 1, "speaker": null, "words": null,
                                    "text": name.repeat(1 + random.below(25)), "emotion_scores": null})
                    })
                    .collect();
                store.put(&serde_json::from_value(changed).unwrap()).unwrap();
            }
        }
        let asset = id(&format!("asset-{marker}"));
        assert!(occurrences(dir.path(), marker) > 0, "the marker should be there before");
        assert!(store.erase(&asset).unwrap());
        assert_eq!(occurrences(dir.path(), marker), 0, "bytes of the erased asset are left, workload {seed}");
        assert_eq!(store.get(&asset).unwrap(), None);
        assert!(!store.erase(&asset).unwrap(), "it is gone already");
        assert_eq!(store.len().unwrap(), 40);
        for name in names.iter().filter(|name| name.starts_with("keep")) {
            assert!(store.get(&id(name)).unwrap().is_some());
        }
    }
}

#[test]
fn a_reader_that_holds_the_log_delays_the_erasure_and_a_second_call_finishes_it() {
    let (dir, path, store) = on_disk();
    let marker = "Zz9-held-back";
    store.put(&payload("stays", "other", 1)).unwrap();
    store.put(&payload("goes", marker, 2)).unwrap();
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM assets").unwrap();
    let error = store.erase(&id("goes")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageBusy, "{error}");
    assert_eq!(store.get(&id("goes")).unwrap(), None, "the rows are gone at once");
    reader.execute_batch("COMMIT").unwrap();
    assert!(!store.erase(&id("goes")).unwrap());
    assert_eq!(occurrences(dir.path(), marker), 0);
    assert_eq!(store.len().unwrap(), 1);
}

#[test]
fn a_store_can_be_shared_as_a_trait_object() {
    let store: std::sync::Arc<dyn FeatureStore> = std::sync::Arc::new(memory());
    let put = payload("clip", "m", 0);
    std::thread::scope(|scope| scope.spawn(|| store.put(&put).unwrap()).join().unwrap());
    assert!(store.get(&put.asset_id).unwrap().is_some());
}

/// Numbers that are the same in every run (xorshift64*, Vigna 2016).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        let mut x = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.0 = x;
        (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }
}

fn on_disk() -> (tempfile::TempDir, std::path::PathBuf, SqliteStore) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("features.db");
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(store.path(), path);
    (dir, path, store)
}

/// Every row of every table, as text.
fn dump(path: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut tables =
        connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(tables.len() >= 8, "{tables:?}");
    let mut rows = Vec::new();
    for table in tables {
        let mut statement = connection
            .prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))
            .unwrap_or_else(|_| connection.prepare(&format!("SELECT * FROM {table}")).unwrap());
        let columns = statement.column_count();
        let mut all = statement.query([]).unwrap();
        while let Some(row) = all.next().unwrap() {
            let cells: Vec<String> = (0..columns).map(|i| format!("{:?}", row.get_ref(i).unwrap())).collect();
            rows.push(format!("{table}: {}", cells.join(" | ")));
        }
    }
    rows
}

/// How often a text stands in the files of a directory, the write-ahead log included.
fn occurrences(dir: &Path, text: &str) -> usize {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .map(|bytes| bytes.windows(text.len()).filter(|window| *window == text.as_bytes()).count())
        .sum()
}
