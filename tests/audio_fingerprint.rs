//! The fingerprint and its index against known truth: composed pieces, cut and changed. The full evaluation, with its
//! table, is `examples/rust/sound_match`.

#[path = "sound/mixing.rs"]
mod mixing;
#[path = "sound/music/mod.rs"]
mod music;
use crate::sound;

use mixing::{resample, under_speech};
use music::Random;
use sound::{Sound, run, run_from};
use std::f64::consts::TAU;
use std::sync::LazyLock;
use viralnow_core::ErrorKind;
use viralnow_core::audio::{
    self, AudioExtractor, Fingerprint, Fingerprinter, SoundIndex, sound_hash_similarity,
};
use viralnow_core::extract::ExtractorConfig;

const RATE: u32 = 16_000;
/// Composed pieces that are indexed, and more that are not; seconds of each.
const INDEXED: usize = 24;
const UNSEEN: usize = 12;
const LONG_S: f32 = 14.0;

struct Material {
    pieces: Vec<Vec<f32>>,
    index: SoundIndex,
    voice: Vec<f32>,
}

static MATERIAL: LazyLock<Material> = LazyLock::new(|| {
    let numbers: Vec<u64> = (0..(INDEXED + UNSEEN) as u64).collect();
    let compose = |numbers: &[u64]| -> Vec<Vec<f32>> {
        numbers.iter().map(|&number| music::piece(number + 500, RATE, LONG_S).0).collect()
    };
    let (first, second) = numbers.split_at(numbers.len() / 2);
    let pieces = std::thread::scope(|scope| {
        let half = scope.spawn(|| compose(first));
        let other = compose(second);
        [half.join().expect("no panic"), other].concat()
    });
    let mut index = SoundIndex::new();
    for (number, piece) in pieces[..INDEXED].iter().enumerate() {
        index.add(format!("piece {number}"), &audio::fingerprint(piece, RATE).unwrap()).unwrap();
    }
    Material { pieces, index, voice: mixing::voice(9, RATE, 60.0) }
});

/// An excerpt of a piece, played at this speed, with speech this loud.
fn excerpt(number: usize, from_s: f64, long_s: f64, speed: f64, speech_db: Option<f64>) -> Vec<f32> {
    let material = &*MATERIAL;
    let (from, long) = ((from_s * f64::from(RATE)) as usize, (long_s * f64::from(RATE)) as usize);
    let cut = &material.pieces[number][from..from + (long as f64 * speed) as usize + 80];
    let mut cut = resample(cut, speed);
    cut.truncate(long);
    match speech_db {
        Some(db) => under_speech(&cut, &material.voice, db, &mut Random::new(number as u64)),
        None => cut,
    }
}

/// Of all indexed pieces, the share that is found first by such an excerpt; the speeds of those are checked.
fn recall(long_s: f64, speed: f64, speech_db: Option<f64>) -> f64 {
    let from_s = |number: usize| 0.5 + (number % 7) as f64 * 0.3;
    let mut found = 0;
    for number in 0..INDEXED {
        let sound = excerpt(number, from_s(number), long_s, speed, speech_db);
        let matches = MATERIAL.index.query(&audio::fingerprint(&sound, RATE).unwrap(), 1);
        let Some(best) = matches.first().filter(|best| best.id == format!("piece {number}")) else {
            continue;
        };
        found += 1;
        assert!((0.0..=1.0).contains(&best.score) && best.matched <= best.expected, "{best:?}");
        assert!((best.speed_ratio - speed).abs() < 0.005, "{best:?}, speed {speed}");
    }
    f64::from(found) / INDEXED as f64
}

#[test]
fn excerpts_are_found_at_their_place() {
    for number in 0..INDEXED {
        let from_s = 1.0 + number as f64 * 0.2;
        let sound = excerpt(number, from_s, 5.0, 1.0, None);
        let best = &MATERIAL.index.query(&audio::fingerprint(&sound, RATE).unwrap(), 3)[0];
        assert_eq!(best.id, format!("piece {number}"));
        assert!((best.offset_s - from_s).abs() < 0.1, "{from_s}: {best:?}");
    }
}

#[test]
fn sounds_are_found_under_speech_and_at_other_speeds() {
    for (speed, speech_db, floor) in [
        (1.0, None, 1.0),
        (1.03, None, 0.95),
        (0.97, None, 0.95),
        (1.01, None, 0.95),
        (1.0, Some(-6.0), 0.95),
        (1.0, Some(0.0), 0.9),
        (1.0, Some(6.0), 0.8),
        (1.03, Some(0.0), 0.8),
    ] {
        let recall = recall(8.0, speed, speech_db);
        println!("speed {speed}, speech {speech_db:?}: recall {recall}");
        assert!(recall >= floor, "speed {speed}, speech {speech_db:?}: recall {recall} below {floor}");
    }
}

#[test]
fn what_is_not_indexed_is_not_found() {
    let index = &MATERIAL.index;
    let mut asked = 0;
    let mut check = |what: &str, sound: &[f32]| {
        asked += 1;
        let found = index.query(&audio::fingerprint(sound, RATE).unwrap(), 1);
        assert!(found.is_empty(), "{what}: {found:?}");
    };
    for number in INDEXED..INDEXED + UNSEEN {
        for (long_s, speech_db) in [(5.0, None), (10.0, None), (5.0, Some(0.0)), (10.0, Some(6.0))] {
            check("an unseen piece", &excerpt(number, 1.0, long_s, 1.0, speech_db));
        }
    }
    for part in MATERIAL.voice.chunks(10 * RATE as usize) {
        check("a voice", part);
    }
    let mut random = Random::new(4);
    let noise: Vec<f32> = (0..10 * RATE).map(|_| random.between(-0.5, 0.5)).collect();
    check("noise", &noise);
    check("silence", &[0.0; 80_000]);
    let tone: Vec<f32> =
        (0..160_000).map(|i| (0.5 * (TAU * 440.0 * i as f64 / 16_000.0).sin()) as f32).collect();
    check("a tone", &tone);
    println!("{asked} queries without a match");
}

#[test]
fn gain_and_rate_do_not_matter() {
    let sound = excerpt(3, 2.0, 8.0, 1.0, None);
    let print = audio::fingerprint(&sound, RATE).unwrap();
    let soft: Vec<f32> = sound.iter().map(|s| s * 0.01).collect();
    let soft = audio::fingerprint(&soft, RATE).unwrap();
    // What changes is rounding, and what lay at the quietest that counts.
    let same = print.landmarks().filter(|a| soft.landmarks().any(|b| b == *a)).count();
    assert!(same as f64 > 0.98 * print.len() as f64, "{same} of {}", print.len());
    let faster = resample(&sound, 16_000.0 / 44_100.0);
    let best = &MATERIAL.index.query(&audio::fingerprint(&faster, 44_100).unwrap(), 1)[0];
    assert!(best.id == "piece 3" && (best.offset_s - 2.0).abs() < 0.05, "{best:?}");
}

#[test]
fn streaming_and_the_extractor_give_the_same_landmarks() {
    let sound = excerpt(5, 1.0, 6.0, 1.0, None);
    let whole = audio::fingerprint(&sound, RATE).unwrap();
    for block in [1, 160, 4097] {
        let mut taker = Fingerprinter::new(RATE).unwrap();
        sound.chunks(block).for_each(|chunk| taker.push(chunk).unwrap());
        assert_eq!(taker.finish(), whole, "{block}");
    }
    let sound = Sound::mono(RATE, sound);
    let extractor = || AudioExtractor::new(&ExtractorConfig::default());
    let found = run(extractor(), &sound).0;
    let landmarks = &found.vectors["landmarks"];
    assert_eq!((landmarks.rows, landmarks.columns), (whole.len(), 2));
    assert_eq!(Fingerprint::from_matrix(landmarks).unwrap().landmarks().collect::<Vec<_>>(), {
        whole.landmarks().collect::<Vec<_>>()
    });
    let hash = found.features.trending_sound_hash.unwrap();
    let late = run_from(extractor(), &sound, 999, 2.5).0;
    assert_eq!(late.features.trending_sound_hash.as_deref(), Some(hash.as_str()));
    assert!((late.vectors["landmarks"].times_s[0] - landmarks.times_s[0] - 2.5).abs() < 1e-9);
}

#[test]
fn the_hash_of_a_sound_is_near_that_of_its_copies_only() {
    let hash = |sound: Vec<f32>| {
        let found = run(AudioExtractor::new(&ExtractorConfig::default()), &Sound::mono(RATE, sound)).0;
        found.features.trending_sound_hash.unwrap()
    };
    let pieces = &MATERIAL.pieces[..12];
    let hashes: Vec<String> = pieces.iter().map(|piece| hash(piece.clone())).collect();
    for (number, piece) in pieces.iter().enumerate() {
        // Another gain, and noise at -40 dB of the peak, as a codec makes.
        let mut random = Random::new(number as u64);
        let copy = hash(piece.iter().map(|s| 0.3 * (s + 0.005 * random.between(-1.0, 1.0))).collect());
        let near = sound_hash_similarity(&hashes[number], &copy).unwrap();
        assert!(near >= 0.5, "piece {number}: {near}\n{}\n{copy}", hashes[number]);
        for other in 0..number {
            let far = sound_hash_similarity(&hashes[number], &hashes[other]).unwrap();
            assert!(far < 0.5, "pieces {number} and {other}: {far}");
        }
    }
}

#[test]
fn sounds_can_be_added_replaced_and_removed() {
    let print = |number: usize| audio::fingerprint(&MATERIAL.pieces[number], RATE).unwrap();
    let mut index = SoundIndex::new();
    assert!(index.is_empty() && index.query(&print(0), 5).is_empty());
    for number in 0..6 {
        index.add(format!("{number}"), &print(number)).unwrap();
    }
    assert_eq!(index.len(), 6);
    let best =
        |index: &SoundIndex, number: usize| index.query(&print(number), 1).first().map(|m| m.id.clone());
    for number in 0..6 {
        assert_eq!(best(&index, number), Some(number.to_string()));
    }
    assert!(index.remove("2") && !index.remove("2") && !index.contains("2"));
    assert_eq!(best(&index, 2), None);
    // The same name with another sound.
    index.add("3", &print(2)).unwrap();
    assert_eq!((index.len(), best(&index, 2), best(&index, 3)), (5, Some("3".into()), None));
    for name in ["0", "1", "3", "4", "5"] {
        assert!(index.remove(name));
    }
    assert!(index.is_empty() && index.query(&print(0), 5).is_empty());
    index.add("again", &print(0)).unwrap();
    assert_eq!(best(&index, 0), Some("again".into()));
}

#[test]
fn an_index_is_read_by_many_threads() {
    let prints: Vec<Fingerprint> =
        (0..4).map(|number| audio::fingerprint(&MATERIAL.pieces[number], RATE).unwrap()).collect();
    let index = &MATERIAL.index;
    let alone: Vec<_> = prints.iter().map(|print| index.query(print, 3)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (print, expected) in prints.iter().zip(&alone) {
                    assert_eq!(&index.query(print, 3), expected);
                }
            });
        }
    });
}

#[test]
fn an_index_is_saved_and_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sounds.vnsi");
    MATERIAL.index.save(&path).unwrap();
    let loaded = SoundIndex::load(&path).unwrap();
    assert_eq!(loaded.len(), INDEXED);
    for number in [0, 7, 23] {
        let print = audio::fingerprint(&excerpt(number, 1.0, 6.0, 1.0, Some(0.0)), RATE).unwrap();
        assert_eq!(loaded.query(&print, 3), MATERIAL.index.query(&print, 3));
    }
    // Saving what was loaded gives the same bytes, and nothing is left beside the file.
    let again = folder.path().join("again.vnsi");
    loaded.save(&again).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&again).unwrap());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    let missing = SoundIndex::load(folder.path().join("missing")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    assert_eq!(SoundIndex::load(folder.path()).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(MATERIAL.index.save(folder.path().join("no/such/folder")).is_err());
}

/// Bytes with the checksum that they should have: what a forger writes.
fn signed(mut bytes: Vec<u8>, length: usize) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let check = Sha256::digest(&bytes);
    bytes.extend_from_slice(&check[..length]);
    bytes
}

#[test]
fn hostile_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let load = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        SoundIndex::load(&path)
    };
    let mut small = SoundIndex::new();
    small.add("one", &audio::fingerprint(&MATERIAL.pieces[0][..48_000], RATE).unwrap()).unwrap();
    small.save(&path).unwrap();
    let good = std::fs::read(&path).unwrap();
    assert!(load(&good).is_ok());
    let kind = |bytes: &[u8]| load(bytes).map(|index| index.len()).unwrap_err().kind();
    for length in 0..good.len() {
        assert_eq!(kind(&good[..length]), ErrorKind::DecodeFailed, "cut at {length}");
    }
    let mut random = Random::new(1);
    for _ in 0..300 {
        let mut bytes = good.clone();
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
        assert!(load(&bytes).is_err(), "byte {at}");
    }
    let mut newer = good.clone();
    newer[4] = 2;
    assert_eq!(kind(&newer), ErrorKind::SchemaMismatch);
    // Forged: the checksum holds, the content claims too much or cannot be.
    let head = |rest: &[u8]| signed([b"VNSI\x01".as_slice(), rest].concat(), 32);
    let huge = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F];
    for (what, rest) in [
        ("sounds without end", huge.to_vec()),
        ("a name without end", [&[1], huge.as_slice()].concat()),
        ("landmarks without end", [&[1, 1, b'a', 10], huge.as_slice()].concat()),
        ("a number without end", vec![0xFF; 40]),
        ("a name that is no text", vec![1, 2, 0xC3, 0x28, 10, 1, 1, 5, 0]),
        ("no name", vec![1, 0, 10, 1, 1, 5, 0]),
        ("a pitch that cannot be", vec![1, 1, b'a', 10, 1, 1, 0xFF, 0xFF]),
        ("a weak landmark", vec![1, 1, b'a', 10, 1, 0, 5, 0]),
        ("landmarks out of order", vec![1, 1, b'a', 10, 2, 1, 5, 0, 1, 4, 0]),
        (
            "a sound of a year",
            [&[1, 1, b'a', 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [1_u8, 1, 5, 0].as_slice()].concat(),
        ),
        ("one name twice", vec![2, 1, b'a', 10, 1, 1, 5, 0, 1, b'a', 10, 1, 1, 5, 0]),
        ("more after the end", vec![1, 1, b'a', 10, 1, 1, 5, 0, 0]),
    ] {
        assert_eq!(kind(&head(&rest)), ErrorKind::DecodeFailed, "{what}");
    }
    assert_eq!(load(&head(&[1, 1, b'a', 10, 1, 1, 5, 0])).unwrap().len(), 1);
    for _ in 0..300 {
        let rest: Vec<u8> = (0..random.below(60)).map(|_| random.bits() as u8).collect();
        let _ = load(&head(&rest));
    }
}

#[test]
fn hostile_fingerprints_are_refused_and_cost_little() {
    let print = audio::fingerprint(&MATERIAL.pieces[1][..64_000], RATE).unwrap();
    let good = print.to_bytes();
    assert_eq!(Fingerprint::from_bytes(&good).unwrap(), print);
    assert_eq!(Fingerprint::from_base64(&print.to_base64()).unwrap(), print);
    assert_eq!(Fingerprint::from_base64("not base64!").unwrap_err().kind(), ErrorKind::DecodeFailed);
    for length in 0..good.len() {
        assert_eq!(Fingerprint::from_bytes(&good[..length]).unwrap_err().kind(), ErrorKind::DecodeFailed);
    }
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        assert!(Fingerprint::from_bytes(&bytes).is_err(), "{at}");
    }
    // As dense as the format allows: 4096 landmarks in every 4 ms. Asking takes no memory and time to speak of.
    let mut bytes = b"VNFP\x01".to_vec();
    bytes.extend_from_slice(&[0x80, 0x10, 0x80, 0x80, 0x08]);
    for i in 0..131_072_u32 {
        bytes.push(if i % 4096 == 0 { 3 } else { 1 });
        bytes.extend_from_slice(&((i % 4096) as u16).to_le_bytes());
    }
    let dense = Fingerprint::from_bytes(&signed(bytes, 4)).unwrap();
    assert_eq!(dense.len(), 131_072);
    let start = std::time::Instant::now();
    let _ = MATERIAL.index.query(&dense, 5);
    let mut index = SoundIndex::new();
    index.add("dense", &dense).unwrap();
    let _ = index.query(&dense, 5);
    println!("dense: {:?}", start.elapsed());
}

#[test]
fn awkward_sounds_have_defined_results() {
    let refused = |y: &[f32], rate: u32| audio::fingerprint(y, rate).unwrap_err().kind();
    assert_eq!(refused(&[0.0, f32::NAN], RATE), ErrorKind::InvalidInput);
    assert_eq!(refused(&[f32::INFINITY], RATE), ErrorKind::InvalidInput);
    for rate in [0, 1, 999, u32::MAX] {
        assert_eq!(refused(&[0.1; 100], rate), ErrorKind::InvalidInput);
    }
    for y in [vec![], vec![0.5], vec![0.0; 50_000], vec![0.5; 50_000], vec![1e-30; 50_000]] {
        let print = audio::fingerprint(&y, RATE).unwrap();
        assert!((print.duration_s() - y.len() as f64 / 16_000.0).abs() < 0.003);
        let mut index = SoundIndex::new();
        if print.landmarks().all(|landmark| !landmark.strong) {
            assert_eq!(index.add("x", &print).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        assert!(MATERIAL.index.query(&print, 5).is_empty());
    }
    assert!(audio::fingerprint(&[0.0; 50_000], RATE).unwrap().is_empty());
    assert_eq!(refused(&[f32::MAX; 5000], RATE), ErrorKind::InvalidInput);
    for (what, sound) in sound::awkward() {
        let features = run(AudioExtractor::new(&ExtractorConfig::default()), &sound).0.features;
        let there = features.trending_sound_hash.is_some();
        assert_ne!(there, features.missing.contains_key("trending_sound_hash"), "{what}");
    }
    let mut index = SoundIndex::new();
    let print = audio::fingerprint(&MATERIAL.pieces[0], RATE).unwrap();
    assert_eq!(index.add("", &print).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(index.add("x".repeat(2000), &print).unwrap_err().kind(), ErrorKind::InvalidInput);
}
