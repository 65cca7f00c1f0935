//! Hostile text: linear time, no panic, defined results.

use std::time::{Duration, Instant};
use viralnow_core::extract::{Extractor, ExtractorConfig, SharedOutputs};
use viralnow_core::media::Cue;
use viralnow_core::text::{self, TextExtractor, TextSummary};
use viralnow_core::{Error, ErrorKind, Preset};

fn summary(text: &str, preset: Preset) -> TextSummary {
    let mut extractor = TextExtractor::new(&ExtractorConfig { preset, ..ExtractorConfig::default() });
    extractor.give_text(text);
    extractor.finish(&SharedOutputs::default()).expect("a summary").features
}

/// Every number in it is finite.
fn numbers(value: &serde_json::Value) {
    match value {
        serde_json::Value::Number(n) => assert!(n.as_f64().expect("a number").is_finite()),
        serde_json::Value::Array(all) => all.iter().for_each(numbers),
        serde_json::Value::Object(all) => all.values().for_each(numbers),
        _ => {}
    }
}

/// Every number of the summary is finite, and every absent field says why.
fn is_sound(summary: &TextSummary) {
    let json = serde_json::to_value(summary).expect("JSON");
    numbers(&json);
    for (field, value) in json.as_object().expect("an object") {
        assert!(!value.is_null() || summary.missing.contains_key(field), "{field} is null without a reason");
    }
    for (name, value) in summary.hook.iter().flat_map(|hook| &hook.features) {
        assert!((0.0..=1.0).contains(value), "{name} is {value}");
    }
    for keyword in &summary.keywords {
        assert!(keyword.score.is_finite() && !keyword.phrase.is_empty());
    }
}

/// The texts, each `bytes` long or a little longer.
fn hostile(bytes: usize) -> Vec<(&'static str, String)> {
    let repeat = |pattern: &str| pattern.repeat(bytes / pattern.len() + 1);
    vec![
        ("one word", repeat("a")),
        (
            "numbers and letters of three bytes",
            repeat(&format!("5a{} 4K{} ", "あ".repeat(40), "テ".repeat(40))),
        ),
        (
            "brackets that are closed late",
            repeat("(").split_at(bytes / 2).0.to_owned() + &"Abc) def! ".repeat(bytes / 20),
        ),
        ("words on one line", repeat("the quick brown fox jumps ")),
        ("sentences on one line", repeat("I never loved it, but Dr. Smith said \"go!\" at 3 p.m. OK? ")),
        ("newlines", repeat("\n")),
        ("spaces", repeat(" ")),
        ("periods", repeat(".")),
        ("marks", repeat("?!")),
        ("exclamations", repeat("!")),
        ("spaced periods", repeat(" .")),
        ("ellipses", repeat("... A ")),
        ("opening brackets", repeat("(")),
        ("opening brackets and words", repeat("(a. [b. ")),
        ("opening quotes", repeat("“Go. ‘No. «Yes. ")),
        ("quotes", repeat("\"")),
        ("quotes and backslashes", repeat("\"\\[\\(\\")),
        ("apostrophes", repeat(" 'a")),
        ("dashes", repeat("-")),
        ("dashes and letters", repeat("--a-")),
        ("numbers", repeat("1. ")),
        ("list", repeat("1. a 2. b 3) c (d) e ")),
        ("dots and letters", repeat("a.b.")),
        ("addresses", repeat("https://a.b/c?d=e ")),
        ("one address", format!("https://{}", repeat("a.b/"))),
        ("hyphens", repeat("mother-in-law-")),
        ("emoji", repeat("😍")),
        ("emoji and words", repeat("great😍 ")),
        ("families", repeat("👨‍👩‍👧‍👦")),
        ("zalgo", repeat("h\u{336}\u{321}\u{35c}e\u{338}\u{30d}l\u{334}\u{33e}p\u{337} ")),
        ("marks without letters", repeat("\u{301}")),
        ("nul", repeat("a\0b ")),
        ("only nul and words", repeat("\0 a ")),
        ("control characters", repeat("\u{1c}\u{1d}\u{85}a\u{7f}")),
        ("right to left", repeat("שלום עולם. مرحبا بالعالم؟ ")),
        ("overrides", repeat("\u{202e}abc\u{202c} ")),
        ("private use", repeat("a\u{e000}. \u{e003}B \u{e004}")),
        ("Chinese", repeat("你好。「真的吗？」他说。")),
        ("Thai", repeat("สวัสดีชาวโลก ")),
        ("mixed", repeat("Hello мир 世界 नमस्ते। سلام 😍! ")),
        ("capitals", repeat("VERY GOOD! ")),
        ("but", repeat("good but bad ")),
        ("negations", repeat("n't not never no good ")),
        ("mixed case expansion", repeat("İßﬁ ")),
    ]
}

/// What a text may cost: generous, so that a loaded machine passes, and far from quadratic time.
fn within(seconds: u64, what: &str, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    let took = start.elapsed();
    assert!(took < Duration::from_secs(seconds), "{what} took {took:?}");
}

#[test]
fn short_hostile_text_has_a_sound_summary() {
    for (what, text) in hostile(50) {
        for preset in [Preset::Fast, Preset::Balanced, Preset::Reference] {
            if text.chars().all(|c| c.is_whitespace() || c.is_control()) {
                continue;
            }
            within(10, what, || is_sound(&summary(&text, preset)));
        }
    }
}

#[test]
fn long_hostile_text_takes_linear_time() {
    for (what, text) in hostile(1_000_000) {
        within(10, &format!("sentences of {what}"), || {
            let found = text::sentence_ranges(&text, Some("en"));
            let visible = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).count();
            let inside = found
                .iter()
                .map(|r| text[r.clone()].chars().filter(|c| !c.is_whitespace() && !c.is_control()).count());
            assert_eq!(inside.sum::<usize>(), visible, "{what}: a character is in no sentence, or in two");
            assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start), "{what}: out of order");
        });
        within(10, &format!("sentiment of {what}"), || {
            let sentiment = text::sentiment(&text);
            assert!(sentiment.compound.abs() <= 1.0, "{what}");
        });
        within(10, &format!("readability of {what}"), || {
            let _ = text::readability(&text, Preset::Balanced);
            let _ = text::readability(&text, Preset::Reference);
        });
        within(10, &format!("language of {what}"), || drop(text::language(&text)));
        within(10, &format!("hook of {what}"), || drop(text::hook(&text)));
        within(10, &format!("emotions of {what}"), || drop(text::emotions(&text)));
        within(10, &format!("headlines of {what}"), || drop(text::hook_ab(&text, "")));
        within(10, &format!("normal form of {what}"), || drop(text::normalise(&text)));
        within(30, &format!("keywords of {what}"), || drop(text::keywords(&text, Some("en"), 10)));
    }
}

#[test]
fn ten_megabytes_on_one_line() {
    let text = "I never loved this place, but Dr. Smith said it was great 😍! ".repeat(160_000);
    assert!(text.len() > 10_000_000);
    within(60, "ten megabytes", || {
        let summary = summary(&text, Preset::Balanced);
        is_sound(&summary);
        assert_eq!(summary.sentences.len(), 160_000);
        assert_eq!(summary.word_count, 160_000 * 12);
    });
}

#[test]
fn a_long_text_can_be_stopped_between_its_steps() {
    let extractor = || {
        let mut extractor = TextExtractor::new(&ExtractorConfig::default());
        extractor.give_text(&"I never loved this place, but it was great! ".repeat(300));
        extractor
    };
    let mut done = Vec::new();
    let whole = extractor().finish_while(&SharedOutputs::default(), &mut |share| {
        done.push(share);
        Ok(())
    });
    assert!(done.len() > 5 && done.windows(2).all(|pair| pair[0] <= pair[1]), "{done:?}");
    assert!(done.iter().all(|share| (0.0..1.0).contains(share)), "{done:?}");
    assert_eq!(whole.unwrap(), extractor().finish(&SharedOutputs::default()).unwrap());
    for stop in 0..done.len() {
        let mut asked = 0;
        let stopped = extractor().finish_while(&SharedOutputs::default(), &mut |_| {
            asked += 1;
            if asked > stop { Err(Error::new(ErrorKind::Cancelled, "enough")) } else { Ok(()) }
        });
        assert_eq!((stopped.unwrap_err().kind(), asked), (ErrorKind::Cancelled, stop + 1));
    }
}

#[test]
fn any_text_is_survived() {
    // Random pieces that rules look for, in any order; a fixed seed, so that a failure comes again.
    let pieces: Vec<char> =
        " \n\r\t.!?,:;-'\"()[]{}\\/«»“”‘’„「」（）。！？।؟۔aAbBiIvVxX019Mm%$#@&*_~😍❤\u{fe0f}\u{200d}\u{301}\0éßİ世नс".chars().collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    for _ in 0..3000 {
        let length = 1 + next(60);
        let text: String = (0..length).map(|_| pieces[next(pieces.len())]).collect();
        let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        for language in [None, Some("en"), Some("ja")] {
            let inside: String = text::sentences(&text, language).concat();
            assert_eq!(
                visible(&inside).replace(['\u{1c}', '\0'], ""),
                visible(&text).replace(['\u{1c}', '\0'], ""),
                "{text:?}"
            );
        }
        if !text.chars().all(|c| c.is_whitespace() || c.is_control()) {
            is_sound(&summary(&text, Preset::Balanced));
        }
        let _ = (
            text::readability(&text, Preset::Reference),
            text::keywords(&text, Some("en"), 10),
            text::hook(&text),
            text::normalise(&text),
            text::emotions(&text),
            text::hook_ab(&text, ""),
        );
    }
}

#[test]
fn without_text_the_error_says_what_to_give() {
    for text in ["", "   ", "\n\t\0\r"] {
        let mut extractor = TextExtractor::new(&ExtractorConfig::default());
        extractor.give_text(text);
        extractor.give_captions(&[Cue { start_s: 0.0, end_s: 1.0, text: " \n".into() }]);
        let error = extractor.finish(&SharedOutputs::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        for way_out in ["caption file", "embedded captions", "text=", "speech_model="] {
            assert!(error.message().contains(way_out), "{error}");
        }
    }
}

#[test]
fn times_that_make_no_sense_do_not_reach_the_payload() {
    let cue = |start_s, end_s, text: &str| Cue { start_s, end_s, text: text.into() };
    let mut extractor = TextExtractor::new(&ExtractorConfig::default());
    extractor.give_captions(&[
        cue(f64::NAN, f64::INFINITY, "What is this thing?"),
        cue(5.0, 2.0, "It ends before it starts."),
        cue(-1e308, 1e308, "And this one never ends."),
    ]);
    let summary = extractor.finish(&SharedOutputs::default()).unwrap().features;
    is_sound(&summary);
    assert_eq!(summary.transcript.len(), 3);
}
