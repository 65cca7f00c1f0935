//! Trending clips: the ranking on real lists against what came, the weekly loop, and hostile input.

use crate::common;

use common::{PICTURES, root, shared};
use viralnow_core::clips::backtest::{BacktestRow, BacktestRows, Task, backtest, weekly_backtest};
use viralnow_core::clips::{
    Clip, ClipsConfig, Cluster, DuplicateParams, Histories, Objective, Prints, ScoredClip, filter_clips,
    find_clips, find_duplicates, rank_clips, read_clips, score_clips, select_clips, write_csv, write_json,
};
use viralnow_core::imaging::{RgbImage, Rotation, phash};
use viralnow_core::vision::VideoFingerprint;

const TABLES: [&str; 3] = ["yt_us_2017q3.csv", "yt_gb_2017q3.csv", "yt_us_2017q4.csv"];

fn of<'a>(rows: &'a [BacktestRow], method: &str, objective: Objective) -> &'a BacktestRow {
    let found = rows.iter().find(|r| r.method == method && r.objective == objective && r.task == Task::B);
    found.expect("every method is judged")
}

#[test]
fn the_ranking_holds_against_the_old_formula_and_persistence_on_real_lists() {
    for table in TABLES {
        let Some(path) = shared("the_ranking_holds", &format!("score/{table}")) else { return };
        let all = backtest(&path, BacktestRows::All).expect("a table");
        let held_out = backtest(&path, BacktestRows::HeldOut).expect("a table");
        for objective in [Objective::Gain, Objective::Growth] {
            let persistence = match objective {
                Objective::Gain => "velocity",
                Objective::Growth => "growth_ratio",
            };
            let [ours, legacy, rule] =
                ["default", "legacy", persistence].map(|name| of(&all, name, objective));
            assert!(ours.ci_low > legacy.ci_high, "{table} {objective:?}: {ours:?} {legacy:?}");
            assert!(ours.p_at_10 >= rule.p_at_10 - 0.02, "{table} {objective:?}: {ours:?} {rule:?}");
            assert!(ours.ece.expect("probabilities") <= 0.02, "{table} {objective:?}: {ours:?}");
            // What the model has never seen is a few hundred clips: the rank over all of them says more than some tops do.
            let [ours, legacy, rule] =
                ["default", "legacy", persistence].map(|name| of(&held_out, name, objective));
            assert!(
                ours.p_at_10 > legacy.p_at_10 && ours.auc > legacy.auc,
                "{table} {objective:?}: {ours:?} {legacy:?}"
            );
            assert!(ours.auc >= rule.auc - 0.01, "{table} {objective:?}: {ours:?} {rule:?}");
        }
    }
}

#[test]
fn clips_that_are_on_a_list_for_the_first_time_are_ranked_by_their_age() {
    // The one table that says when clips were published; 34 of them seem to come out after the list of their day.
    let Some(path) = shared("clips_for_the_first_time", "score/yt_us_2017q4.csv") else { return };
    let rows = backtest(&path, BacktestRows::All).expect("a table");
    for objective in [Objective::Gain, Objective::Growth] {
        let of = |method: &str| {
            let found =
                rows.iter().find(|r| r.method == method && r.objective == objective && r.task == Task::A);
            found.expect("every method is judged")
        };
        let ours = of("default");
        for rival in ["legacy", "views", "velocity", "growth_ratio", "hn_hotness", "seed_weights_percentile"]
        {
            let rival = of(rival);
            assert!(
                ours.p_at_10 > rival.p_at_10 && ours.auc > rival.auc,
                "{objective:?}: {ours:?} {rival:?}"
            );
        }
    }
}

#[test]
fn tables_of_any_kind_are_judged_or_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lists.csv");
    let table = |header: &str, row: &dyn Fn(usize, usize) -> String| {
        let rows: String =
            (1..=4).flat_map(|day| (0..30).map(move |i| (day, i))).map(|(day, i)| row(day, i)).collect();
        std::fs::write(&path, format!("{header}\n{rows}")).expect("written");
        backtest(&path, BacktestRows::All)
    };
    let header = "snapshot_time,video_id,views";
    let grows = |day: usize, i: usize| format!("2024-01-0{day},v{i},{}\n", 1000 + day * i * i);
    let expected = table(header, &grows).expect("rows");
    // Ours, six others, two objectives, two tasks; each clip gains what it gained before.
    assert_eq!(expected.len(), 28);
    assert!(
        expected
            .iter()
            .filter(|r| r.method == "velocity" && r.task == Task::B)
            .all(|r| r.objective == Objective::Growth || (r.p_at_10, r.rows, r.days) == (1.0, 60, 2))
    );
    // Other columns, order and spelling of the header change nothing.
    assert_eq!(table("\u{feff}SNAPSHOT_TIME, Video_ID ,Views", &grows).expect("rows"), expected);
    let turned = |day: usize, i: usize| format!("x,{},v{i},2024-01-0{day}T00:00:00Z\r\n", 1000 + day * i * i);
    assert_eq!(table("own,views,video_id,snapshot_time\r", &turned).expect("rows"), expected);
    // Nobody is in the top tenth where all fare alike, and nothing came of a single day.
    let alike = |day: usize, i: usize| format!("2024-01-0{day},v{i},1000\n");
    assert!(table(header, &alike).expect("no rows").is_empty());
    let once = |day: usize, i: usize| format!("2024-01-01,v{day}_{i},{}\n", 1000 + i);
    assert!(table(header, &once).expect("no rows").is_empty());
    assert!(table(header, &|_, _| String::new()).expect("no rows").is_empty());
    for (header, row) in [
        (header, (&|_: usize, i: usize| format!("yesterday,v{i},1000\n")) as &dyn Fn(usize, usize) -> String),
        (header, &|day, i| format!("2024-01-0{day},v{i},-5\n")),
        ("snapshot_time,video_id,clicks", &grows),
        ("", &|_, _| "\0\u{1},\"\n".to_owned()),
    ] {
        let error = table(header, row).expect_err("no table");
        assert_eq!(error.kind(), viralnow_core::ErrorKind::InvalidInput, "{error}");
    }
}

fn scored(id: usize) -> ScoredClip {
    serde_json::from_value::<Clip>(serde_json::json!({ "id": id.to_string(), "platform": "youtube" }))
        .expect("a clip")
        .into()
}

/// The clusters as sorted lists of numbers.
fn clusters(prints: &Prints, n: usize) -> Vec<Vec<usize>> {
    let clips: Vec<ScoredClip> = (0..n).map(scored).collect();
    let found = find_duplicates(&clips, prints, &DuplicateParams::default());
    let members = |cluster: &Cluster| {
        let mut members: Vec<usize> = cluster.others.iter().map(|(number, _)| *number).collect();
        members.push(cluster.representative);
        members.sort_unstable();
        members
    };
    found.iter().map(members).collect()
}

#[test]
fn the_family_of_a_picture_is_one_cluster_and_no_other_joins_it() {
    let (mut hashes, mut videos) = (Vec::new(), Vec::new());
    for name in PICTURES {
        let Some(path) = shared("the_family_of_a_picture", &format!("data/images/{name}")) else { return };
        let picture = image::open(path).expect("a picture").to_rgb8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let picture = RgbImage { width, height, data: picture.into_raw() };
        let hash = u64::from_str_radix(&phash(&picture.to_gray()).to_string(), 16).expect("64 bits");
        hashes.push(Some(hash));
        let print = VideoFingerprint::of_picture(&picture.as_picture(), Rotation::None).expect("a print");
        videos.push(Some(print));
    }
    let n = hashes.len();
    assert_eq!(clusters(&Prints { hashes, ..Prints::default() }, n), [[0, 1, 2, 3, 4, 5]]);
    assert_eq!(clusters(&Prints { videos, ..Prints::default() }, n), [[0, 1, 2, 3, 4, 5]]);
}

#[test]
fn clips_with_the_same_sound_are_one_and_an_excerpt_is_another() {
    // Four notes a second that never come again in the same order.
    let note =
        |seed: u32, at: u32| (at + 1).wrapping_mul(2_654_435_761).wrapping_mul(seed).rotate_left(9) >> 28;
    let tune = |seed: u32| -> Vec<f32> {
        let pitch = |i: u32| 0.1 + 0.02 * note(seed, i / 4000) as f32;
        (0..320_000).map(|i| 0.5 * (i as f32 * pitch(i)).sin()).collect()
    };
    let print = |samples: &[f32]| Some(viralnow_core::audio::fingerprint(samples, 16_000).expect("a print"));
    let (one, other) = (tune(3), tune(7));
    let softer: Vec<f32> = one[8_000..].iter().map(|x| 0.2 * x).collect();
    let sounds = vec![
        print(&one),
        print(&other),
        None,
        print(&softer),
        print(&one[160_000..]),
        print(&[0.0; 160_000]),
        print(&[0.0; 160_000]),
    ];
    assert_eq!(clusters(&Prints { sounds, ..Prints::default() }, 7), [[0, 3]]);
}

#[test]
fn the_weekly_loop_lifts_the_ranking_and_forgets_a_poisoned_week() {
    // Fixed weights and weekly refit of the same kind on the same tables, by another implementation and row selection: gain
    // 0.692 to 0.794, growth 0.175 to 0.489.
    for table in TABLES {
        let Some(path) = shared("the_weekly_loop_lifts", &format!("score/{table}")) else { return };
        for (objective, lift) in [(Objective::Gain, 0.102), (Objective::Growth, 0.314)] {
            let run = |poisoned| {
                weekly_backtest(&path, objective, [0.4, 0.3, 0.0, 0.2, 0.1], poisoned).expect("weeks")
            };
            let clean = run(None);
            let (learned, fixed) = clean.means();
            assert!(learned - fixed >= lift, "{table} {objective:?}: {learned:.3} from {fixed:.3}");
            let poisoned = run(Some(2));
            // The third week is learned from turned around; from three weeks later on nothing of it is left to see.
            assert!(!poisoned.log[2].accepted, "{table} {objective:?}: {:?}", poisoned.log[2]);
            for week in 0..poisoned.learned.len() {
                let lost = clean.learned[week] - poisoned.learned[week];
                assert!(
                    lost <= if week < 4 { 0.05 } else { 0.03 },
                    "{table} {objective:?}, week {week}: {lost:.3} lost"
                );
            }
        }
    }
}

#[test]
fn the_sample_gives_a_ranked_list_without_its_copies() {
    let read = read_clips(root().join("examples/clips/sample_clips.json")).expect("the sample");
    assert_eq!((read.clips.len(), read.left_out), (62, 0));
    let config = std::fs::read_to_string(root().join("examples/clips/viral_clips_config.json"))
        .expect("its configuration");
    let config = ClipsConfig::from_json(&config).expect("a configuration");
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    let found = find_clips(
        read.clips,
        &Histories::new(),
        &Prints::default(),
        &config,
        &DuplicateParams::default(),
        now,
    )
    .expect("a list");
    assert!(found.copies.iter().map(|(_, others)| others.len()).sum::<usize>() >= 2, "{:?}", found.copies);
    assert!(!found.clips.is_empty() && found.clips.len() < 62);
    assert!(found.clips.windows(2).all(|pair| pair[0].final_score() >= pair[1].final_score()));
    for scored in &found.clips {
        let sum: f64 = scored.contributions.iter().map(|c| c.contribution).sum();
        assert!((sum - scored.final_score()).abs() < 1e-6 && (0.0..=100.0).contains(&sum));
        assert!(scored.clip.age_hours.is_none_or(|hours| hours <= 48.0));
    }
    let (mut json, mut csv) = (Vec::new(), Vec::new());
    write_json(&found.clips, &found.summary(), &mut json).expect("a document");
    write_csv(&found.clips, &mut csv).expect("a table");
    for (name, bytes) in [("again.json", &json), ("again.csv", &csv)] {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(name), bytes).expect("written");
        let again = read_clips(folder.path().join(name)).expect("read again");
        let same = |(a, b): (&Clip, &viralnow_core::clips::ScoredClip)| {
            a.id == b.clip.id
                && a.counts.views == b.clip.counts.views
                && a.scores.final_score == b.clip.scores.final_score
        };
        assert!(
            again.clips.len() == found.clips.len() && again.clips.iter().zip(&found.clips).all(same),
            "{name}"
        );
    }
}

#[test]
fn selecting_is_scoring_filtering_and_ranking() {
    let read = read_clips(root().join("examples/clips/sample_clips.json")).expect("the sample");
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    let weights = r#"{"scoring_weights": {"views": 0.4, "velocity": 0.3, "engagement": 0.2, "relevance": 0.1},
        "niche_keywords": ["gaming"], "filters": {"min_final_score": 30, "keywords": ["the", "a"]}, "max_per_channel": 2}"#;
    for config in [r#"{"niche_keywords": ["gaming"], "filters": {"max_age_hours": 48}}"#, weights, "{}"] {
        let config = ClipsConfig::from_json(config).expect("a configuration");
        let scored = score_clips(read.clips.clone(), &Histories::new(), &config, now).expect("scores");
        let (mut expected, taken) = filter_clips(scored, &config);
        rank_clips(&mut expected, config.max_per_channel);
        let selected = select_clips(read.clips.clone(), &Histories::new(), &config, now).expect("a list");
        assert!(!expected.is_empty());
        assert_eq!(selected, (expected, taken));
    }
}

#[test]
fn the_specifications_clip_round_trips() {
    let text = r#"{
      "id": "video_123", "title": "Epic Gaming Moment", "platform": "youtube", "views": 150000, "views_last_24h": 25000,
      "likes": 8500, "comments": 1200, "shares": 450, "age_hours": 6.5, "growth_6h": 4.2,
      "transcript": "Amazing gameplay with funny moments", "thumbnail_url": "https://example.org/t.jpg",
      "url": "https://youtube.com/watch?v=abc", "scores": {"virality": 0.85, "relevance": 0.92, "final_score": 18.7},
      "metadata": {"processed_at": "2024-01-08T10:30:00Z", "niche_match": ["gaming", "funny"], "reactability": 0.8, "own": [1]},
      "host_key": {"kept": true}
    }"#;
    let before: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let clip: Clip = serde_json::from_str(text).expect("a clip");
    assert_eq!(serde_json::to_value(&clip).expect("JSON"), before);
}

#[test]
fn hostile_clips_are_defined_and_nothing_is_lost() {
    let huge = "x".repeat(10 << 20);
    let clips: Vec<Clip> = [
        serde_json::json!({"id": "negative", "views": -5, "likes": -1}),
        serde_json::json!({"id": "huge", "views": 1e300, "likes": "99999999999999999999"}),
        serde_json::json!({"id": "text", "views": "12,345", "comments": "many", "age_hours": "NaN"}),
        serde_json::json!({"id": "future", "views": 10, "published_at": "2999-01-01T00:00:00Z"}),
        serde_json::json!({"id": "long", "title": huge, "views": 10}),
        serde_json::json!({"id": "twice", "views": 10}),
        serde_json::json!({"id": "twice", "views": 20}),
        serde_json::json!({"id": "wrong", "scores": "none", "metadata": {"niche_match": 5}, "tags": "no list"}),
        serde_json::json!({"id": "new", "views": 100, "views_last_24h": 500}),
    ]
    .into_iter()
    .map(|value| serde_json::from_value(value).expect("a clip"))
    .collect();
    assert_eq!((clips[0].counts.views, &clips[0].invalid["views"]), (None, &serde_json::json!(-5)));
    assert_eq!(
        (clips[1].counts.views, &clips[1].invalid["likes"]),
        (None, &serde_json::json!("99999999999999999999"))
    );
    assert_eq!((clips[2].counts.views, clips[2].age_hours), (Some(12_345), None));
    assert_eq!(clips[4].invalid["title"]["bytes"], 10 << 20);
    assert!(clips[7].invalid.contains_key("scores") && clips[7].invalid.contains_key("metadata"));
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    let strict = ClipsConfig::from_json(r#"{"filters": {"max_age_hours": 48, "strict": true}}"#)
        .expect("a configuration");
    for config in [ClipsConfig::default(), strict] {
        let found = find_clips(
            clips.clone(),
            &Histories::new(),
            &Prints::default(),
            &config,
            &DuplicateParams::default(),
            now,
        )
        .expect("a list");
        let taken: usize = found.filtered.iter().map(|(_, count)| count).sum();
        let copies: usize = found.copies.iter().map(|(_, others)| others.len()).sum();
        assert_eq!(found.clips.len() + taken + copies, clips.len());
        for scored in &found.clips {
            assert!((0.0..=100.0).contains(&scored.final_score()), "{scored:?}");
            // A clip that is published in the future has no age.
            assert!(scored.clip.age_hours.is_none_or(|hours| hours >= 0.0));
        }
    }
}
