//! Text beside the peers: vaderSentiment 3.3.2, textstat 0.7.13, YAKE 0.7.3, pySBD 0.3.4; and the extractor's contract.

use crate::common;

use common::shared;
use serde_json::{Value, json};
use std::path::Path;
use viralnow_core::call;
use viralnow_core::extract::{Extractor, ExtractorConfig, SharedOutputs};
use viralnow_core::media::Cue;
use viralnow_core::monitor::CancelToken;
use viralnow_core::text::{self, TextExtractor, TextSource, TextSummary};
use viralnow_core::{Error, ErrorKind, Preset};

/// The forty texts and what the peers say of them.
fn golden(test: &str) -> Option<Vec<Value>> {
    let path = shared(test, "golden/text/golden_text.json")?;
    let mut json: Value = serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON");
    Some(serde_json::from_value(json["items"].take()).expect("items"))
}

fn words(case: &Value) -> &str {
    case["text"].as_str().expect("a text")
}

#[test]
fn sentiment_is_that_of_vader() {
    let Some(cases) = golden("sentiment_is_that_of_vader") else { return };
    assert_eq!(cases.len(), 40);
    for case in &cases {
        let found = text::sentiment(words(case));
        for (name, value) in [
            ("neg", found.negative),
            ("neu", found.neutral),
            ("pos", found.positive),
            ("compound", found.compound),
        ] {
            assert_eq!(value, case["vader"][name].as_f64().unwrap(), "{name} of {}", case["id"]);
        }
    }
}

#[test]
fn sentences_are_those_of_pysbd() {
    let Some(cases) = golden("sentences_are_those_of_pysbd") else { return };
    for case in &cases {
        let wanted: Vec<&str> =
            case["pysbd"].as_array().unwrap().iter().map(|s| s.as_str().unwrap().trim()).collect();
        assert_eq!(text::sentences(words(case), None), wanted, "{}", case["id"]);
        // The spans count characters and take the white space that follows with them.
        let characters: Vec<usize> = words(case).char_indices().map(|(byte, _)| byte).collect();
        for (range, span) in
            text::sentence_ranges(words(case), Some("en")).iter().zip(case["pysbd_spans"].as_array().unwrap())
        {
            assert_eq!(range.start, characters[span[0].as_u64().unwrap() as usize], "{}", case["id"]);
        }
    }
}

#[test]
fn readability_is_that_of_textstat_in_reference() {
    let Some(cases) = golden("readability_is_that_of_textstat_in_reference") else { return };
    let mut checked = 0;
    for case in &cases {
        let peer = |name: &str| case["textstat"][name].as_f64().unwrap();
        let Some(found) = text::readability(words(case), Preset::Reference) else {
            assert_eq!(case["textstat"]["counts"]["words"], 0, "{}", case["id"]);
            continue;
        };
        let pairs = [
            ("automated_readability_index", found.automated_readability_index),
            ("coleman_liau_index", found.coleman_liau_index),
            ("dale_chall_readability_score", found.dale_chall_readability_score.expect("always")),
            ("flesch_reading_ease", found.flesch_reading_ease),
            ("flesch_kincaid_grade", found.flesch_kincaid_grade),
            ("smog_index", found.smog_index.expect("in reference always")),
            ("gunning_fog", found.gunning_fog),
        ];
        checked += 1;
        for (name, value) in pairs {
            assert!(
                (value - peer(name)).abs() <= 0.1,
                "{name} of {}: {value}, textstat {}",
                case["id"],
                peer(name)
            );
        }
    }
    assert_eq!(checked, 39);
}

#[test]
fn balanced_readability_counts_what_is_there() {
    // By hand: 2 sentences, 11 words, 11 syllables, 29 letters.
    let easy = text::readability("The cat sat on the mat. It was a hot day.", Preset::Balanced).unwrap();
    assert!((easy.flesch_reading_ease - (206.835 - 1.015 * 5.5 - 84.6)).abs() < 1e-9);
    assert!((easy.flesch_kincaid_grade - (0.39 * 5.5 + 11.8 - 15.59)).abs() < 1e-9);
    assert!((easy.automated_readability_index - (4.71 * 29.0 / 11.0 + 0.5 * 5.5 - 21.43)).abs() < 1e-9);
    assert!((easy.coleman_liau_index - (5.8 * 29.0 / 11.0 - 29.6 * 2.0 / 11.0 - 15.8)).abs() < 1e-9);
    assert!((easy.gunning_fog - 0.4 * 5.5).abs() < 1e-9);
    assert_eq!(easy.smog_index, None);
    // Sentences of two words count, as they do not in textstat: three sentences, three words a piece at most.
    let short = text::readability("Ten minutes. Zero excuses. Mix two eggs.", Preset::Balanced).unwrap();
    let peer = text::readability("Ten minutes. Zero excuses. Mix two eggs.", Preset::Reference).unwrap();
    assert!(short.smog_index.is_some() && short.flesch_reading_ease > peer.flesch_reading_ease);
    // A name is not hard, and neither is a word by its ending; "beautiful" is.
    let fog = |text: &str| text::readability(text, Preset::Balanced).unwrap().gunning_fog;
    assert!((fog("We saw Barcelona and created things.") - 0.4 * 6.0).abs() < 1e-9);
    assert!((fog("We saw beautiful things and left it.") - 0.4 * (7.0 + 100.0 / 7.0)).abs() < 1e-9);
}

#[test]
fn key_phrases_are_those_of_yake() {
    let Some(cases) = golden("key_phrases_are_those_of_yake") else { return };
    for case in &cases {
        let wanted: Vec<String> = case["yake3"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| pair[0].as_str().unwrap().to_lowercase())
            .collect();
        let found = text::keywords(words(case), Some("en"), 10);
        let same =
            wanted.iter().filter(|phrase| found.iter().any(|keyword| keyword.phrase == **phrase)).count();
        assert!(same as f64 >= 0.9 * wanted.len() as f64, "{}: {found:?}, YAKE {wanted:?}", case["id"]);
        assert!(found.windows(2).all(|pair| pair[0].score <= pair[1].score));
    }
}

#[test]
fn syllables_are_those_of_the_dictionary() {
    let Some(cases) = golden("syllables_are_those_of_the_dictionary") else { return };
    // One sentence of more than two words, so that Flesch's formula gives the number of syllables back.
    let mut checked = 0;
    for case in &cases {
        let counts = &case["textstat"]["counts"];
        let (words_, sentences) = (counts["words"].as_f64().unwrap(), counts["sentences"].as_f64().unwrap());
        let Some(found) = text::readability(words(case), Preset::Reference) else { continue };
        let syllables = (206.835 - 1.015 * words_ / sentences - found.flesch_reading_ease) / 84.6 * words_;
        let off = (syllables - counts["syllables"].as_f64().unwrap()).abs();
        assert!(off < 1e-6, "{}: {syllables}", case["id"]);
        checked += 1;
    }
    assert_eq!(checked, 39);
}

/// Lines of a gzip file; through the system's gzip, which every machine that tests has.
fn lines(path: &Path) -> Vec<String> {
    let output = std::process::Command::new("gzip").args(["-dc"]).arg(path).output().expect("gzip");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The share of pairs of one of each that are in the right order (Mann-Whitney).
fn area_under_curve(positive: &[f64], negative: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> =
        positive.iter().map(|v| (*v, true)).chain(negative.iter().map(|v| (*v, false))).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut wins = 0.0;
    let mut below = 0.0;
    let mut i = 0;
    while i < all.len() {
        let end = i + all[i..].iter().take_while(|(value, _)| *value == all[i].0).count();
        let positives = all[i..end].iter().filter(|(_, positive)| *positive).count() as f64;
        let negatives = (end - i) as f64 - positives;
        wins += positives * (below + negatives / 2.0);
        below += negatives;
        i = end;
    }
    wins / (positive.len() as f64 * negative.len() as f64)
}

#[test]
fn hook_style_parts_clickbait_from_news() {
    let test = "hook_style_parts_clickbait_from_news";
    let (Some(clickbait), Some(news)) =
        (shared(test, "data/text/clickbait_data.gz"), shared(test, "data/text/non_clickbait_data.gz"))
    else {
        return;
    };
    // The weights were fitted on the lines of even number; these are the others.
    let styles = |path: &Path, offset: usize| -> Vec<f64> {
        lines(path).iter().skip(offset).step_by(2).map(|line| text::hook(line).style).collect()
    };
    // The two files follow each other, and the first has an odd number of lines.
    let (positive, negative) = (styles(&clickbait, 1), styles(&news, 0));
    let area = area_under_curve(&positive, &negative);
    println!(
        "area under the curve of hook style, {} clickbait and {} news headlines: {area:.4}",
        positive.len(),
        negative.len()
    );
    assert!(area >= 0.92, "{area}");
}

/// The figures that the docs quote, on comments that took no part in the training.
#[test]
fn emotions_are_those_that_people_see() {
    let test = "emotions_are_those_that_people_see";
    let Some(path) = shared(test, "data/text/goemotions_dev.tsv") else { return };
    let [mut hits, mut found, mut there] = [[0.0; text::EMOTIONS.len()]; 3];
    for line in std::fs::read_to_string(path).expect("readable").lines() {
        let mut fields = line.split('\t');
        let comment = fields.next().unwrap_or_default().replace("[NAME]", " ").replace("[RELIGION]", " ");
        let wanted: Vec<usize> = fields.next().unwrap().split(',').map(|n| n.parse().unwrap()).collect();
        let labels = text::emotions(&comment).unwrap_or_default().labels;
        for (i, name) in text::EMOTIONS.iter().enumerate() {
            let (is, was) = (labels.iter().any(|label| label == name), wanted.contains(&i));
            hits[i] += f64::from(u8::from(is && was));
            found[i] += f64::from(u8::from(is));
            there[i] += f64::from(u8::from(was));
        }
    }
    let each = (0..hits.len()).map(|i| 2.0 * hits[i] / (found[i] + there[i]));
    let macro_f1 = each.sum::<f64>() / hits.len() as f64;
    let sum = |values: [f64; text::EMOTIONS.len()]| values.iter().sum::<f64>();
    let micro_f1 = 2.0 * sum(hits) / (sum(found) + sum(there));
    println!("emotions: macro-F1 {macro_f1:.4}, micro-F1 {micro_f1:.4}");
    assert!(macro_f1 >= 0.48 && micro_f1 >= 0.56, "{macro_f1} {micro_f1}");
}

#[test]
fn two_headlines_are_compared_whichever_comes_first() {
    let (a, b) = ("They laughed at her. Then this happened.", "A review of new tax rules");
    let (there, back) = (text::hook_ab(a, b), text::hook_ab(b, a));
    assert_eq!((there.better.as_deref(), back.better.as_deref()), (Some("first"), Some("second")));
    assert!((there.probability + back.probability - 1.0).abs() < 1e-12 && there.probability > 0.5);
    for (a, b) in [("", ""), (a, a), ("今日は", "!")] {
        let none = text::hook_ab(a, b);
        assert!((none.probability - 0.5).abs() < 0.5 && (a != b || none.better.is_none()));
    }
}

#[test]
fn hook_features_are_what_they_say() {
    let feature = |text: &str, name: &str| text::hook(text).features[name];
    assert_eq!(feature("Is this a joke?", "question"), 1.0);
    assert_eq!(feature("Why nobody told you", "question"), 0.5);
    assert_eq!(feature("5 things I wish I knew", "number"), 1.0);
    assert_eq!(feature("I tried this for 30 days", "number"), 0.5);
    assert_eq!(feature("You and your dog", "second_person"), 1.0);
    assert_eq!(feature("We moved", "first_person"), 0.5);
    assert_eq!(feature("Here's why it failed", "curiosity"), 1.0);
    assert_eq!(feature("An insane, secret trick", "power_words"), 1.0);
    assert_eq!(feature("It doesn’t work", "negation"), 1.0);
    assert_eq!(feature("Stop doing crunches", "imperative"), 1.0);
    assert_eq!(feature("THIS IS INSANE", "emphasis"), 1.0);
    assert_eq!(feature("Good morning!", "emphasis"), 0.5);
    assert_eq!(feature("Do it like this", "demonstrative"), 1.0);
    assert_eq!(feature("one two three four five six seven eight", "length_fit"), 1.0);
    assert_eq!(feature("The cheapest flat in town", "superlative"), 1.0);
    assert_eq!(feature("The rest of the forest", "superlative"), 0.0);
    let none = text::hook("!!! ???");
    assert!(none.style == 0.0 && none.features.len() == text::HOOK_FEATURES.len());
}

#[test]
fn the_language_of_a_short_post_is_found() {
    for (code, posts) in [
        ("en", ["I lost my dog and I am sad.", "You won't believe what happened", "Did you know this?"]),
        (
            "es",
            [
                "Perdí a mi perro ayer.",
                "No vas a creer lo que pasó cuando dejé de comer azúcar",
                "¿Sabías que la gente lo hace mal?",
            ],
        ),
        (
            "fr",
            [
                "J'ai perdu mon chien hier.",
                "Vous ne croirez pas ce qui s'est passé",
                "Abonne-toi pour la suite",
            ],
        ),
        (
            "de",
            [
                "Ich habe meinen Hund verloren.",
                "Du wirst nicht glauben, was passiert ist",
                "Das ist unglaublich",
            ],
        ),
        ("pt", ["Perdi meu cachorro ontem.", "Você não vai acreditar no que aconteceu", "Isso é incrível"]),
        (
            "it",
            ["Ho perso il mio cane ieri.", "Non crederai a quello che è successo", "Non farlo mai a casa"],
        ),
        (
            "ru",
            [
                "Вчера я потерял собаку, и мне очень грустно.",
                "Вы не поверите, что случилось",
                "Это лучший день в моей жизни",
            ],
        ),
        ("ja", ["昨日、犬がいなくなりました。", "これは信じられない", "続きはまた明日"]),
        ("zh", ["我昨天丢了我的狗。", "你不会相信发生了什么", "这是我一生中最好的一天"]),
        ("hi", ["मैंने कल अपना कुत्ता खो दिया।", "यह बहुत अच्छा है", "आप विश्वास नहीं करेंगे"]),
        (
            "ar",
            ["هل تعلم أن الكثير من الناس يفعلون هذا بشكل خاطئ؟", "لن تصدق ما حدث", "هذا أفضل يوم في حياتي"],
        ),
    ] {
        for post in posts {
            let found = text::language(post);
            assert_eq!(found.as_ref().map(|(code, _)| code.as_str()), Some(code), "{post}");
            assert!((0.0..=1.0).contains(&found.unwrap().1));
        }
    }
    for nothing in ["", "Wow.", "#fyp #viral", "😍😍", "12345"] {
        assert_eq!(text::language(nothing), None, "{nothing}");
    }
}

#[test]
fn the_language_of_comments_is_english() {
    let Some(path) = shared("the_language_of_comments_is_english", "data/text/goemotions_dev.tsv") else {
        return;
    };
    let content = std::fs::read_to_string(path).expect("readable");
    let found: Vec<_> =
        content.lines().map(|line| text::language(line.split('\t').next().unwrap_or_default())).collect();
    let english = found.iter().flatten().filter(|(code, _)| code == "en").count() as f64 / found.len() as f64;
    let others = found.iter().flatten().filter(|(code, _)| code != "en").count() as f64 / found.len() as f64;
    println!(
        "{} comments: {:.2} % English, {:.2} % another language",
        found.len(),
        100.0 * english,
        100.0 * others
    );
    assert!(english >= 0.95 && others <= 0.002, "{english} {others}");
}

#[test]
fn sentences_of_other_scripts() {
    let check = |language: Option<&str>, text: &str, wanted: &[&str]| {
        assert_eq!(text::sentences(text, language), wanted);
    };
    check(Some("zh"), "你好。你吃了吗？太好了！", &["你好。", "你吃了吗？", "太好了！"]);
    check(Some("zh"), "他说：「真的吗？我不信。」然后走了。", &["他说：「真的吗？我不信。」然后走了。"]);
    check(None, "今日は晴れです。明日は雨でしょう。", &["今日は晴れです。", "明日は雨でしょう。"]);
    check(Some("hi"), "यह अच्छा है। आप कैसे हैं? ठीक।", &["यह अच्छा है।", "आप कैसे हैं?", "ठीक।"]);
    check(Some("ar"), "كيف حالك؟ أنا بخير.", &["كيف حالك؟", "أنا بخير."]);
    check(
        Some("es"),
        "¿Qué tal? ¡Muy bien! El Sr. López llegó.",
        &["¿Qué tal?", "¡Muy bien!", "El Sr. López llegó."],
    );
    check(
        Some("pt"),
        "Você sabia? A Sra. Lima mora no n. 5 da rua. Veja a pág. 3! Está bem. Não fui.",
        &["Você sabia?", "A Sra. Lima mora no n. 5 da rua.", "Veja a pág. 3!", "Está bem.", "Não fui."],
    );
    check(
        Some("de"),
        "Er sagte: ,,Komm! Schnell.“ Dann ging er.",
        &["Er sagte: ,,Komm! Schnell.“", "Dann ging er."],
    );
    check(Some("de"), "Das ist z.B. gut. Dr. Müller kommt.", &["Das ist z.B. gut.", "Dr. Müller kommt."]);
    check(Some("en"), "", &[]);
}

#[test]
fn a_call_on_many_texts_gives_what_one_on_each_gives() {
    let texts = ["I love it!", "", "Dr. Smith paid $5. Really?! #MomLife"];
    // `embed` takes many as they are, and a model; `transcribe` takes sound.
    let of_text =
        |name: &&str| name.starts_with("text.") && !["text.embed", "text.transcribe"].contains(name);
    for name in call::plain_functions().into_iter().filter(of_text) {
        // Two headlines or one text.
        let keys: &[&str] = if name == "text.hook_ab" { &["first", "second"] } else { &["text"] };
        let given = |text: Value| {
            keys.iter().map(|key| ((*key).to_owned(), text.clone())).collect::<serde_json::Map<_, _>>()
        };
        let one = |text: &str| call::call_plain(name, &given(json!(text))).expect(name).value;
        let many = call::call_plain(name, &given(json!(texts))).expect(name).value;
        assert_eq!(many, json!(texts.map(one)), "{name}");
        let error = call::call_plain(name, &given(json!(["a", 5]))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{name}");
        let stop = CancelToken::default();
        stop.cancel();
        let error = call::call_plain_watched(name, &given(json!(texts)), &stop, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{name}");
    }
}

fn cue(start_s: f64, end_s: f64, text: &str) -> Cue {
    Cue { start_s, end_s, text: text.to_owned() }
}

fn finish(mut extractor: TextExtractor) -> Result<TextSummary, Error> {
    extractor.finish(&SharedOutputs::default()).map(|extracted| extracted.features)
}

#[test]
fn given_text_is_a_transcript_without_times() {
    let mut extractor = TextExtractor::new(&ExtractorConfig::default());
    extractor.give_text("Did you know that you brush your teeth wrong? Here's why.");
    let summary = finish(extractor).unwrap();
    assert_eq!(summary.source, Some(TextSource::Given));
    assert_eq!(summary.language.as_deref(), Some("en"));
    assert_eq!(summary.word_count, 11);
    let segments: Vec<_> =
        summary.transcript.iter().map(|s| (s.segment_id, s.start_s, s.text.as_str())).collect();
    assert_eq!(
        segments,
        [(0, None, "Did you know that you brush your teeth wrong?"), (1, None, "Here's why.")]
    );
    assert_eq!(summary.speaking_pace, None);
    assert_eq!(summary.missing["speaking_pace"], "the text has no times");
    assert_eq!(summary.missing["readability.smog_index"], "SMOG needs three sentences");
    assert_eq!(summary.hook.unwrap().text, "Did you know that you brush your teeth wrong?");
}

#[test]
fn captions_are_the_transcript_and_given_text_counts_with_them() {
    let mut extractor = TextExtractor::new(&ExtractorConfig::default());
    extractor.cue(&cue(0.0, 2.0, "embedded cues lose")).unwrap();
    extractor.give_text("I love this amazing place!");
    extractor.give_captions(&[
        cue(2.5, 4.0, "which you can\nhear now."),
        cue(0.5, 2.5, "This is the first sentence,"),
        cue(4.0, 5.0, "  "),
        cue(6.0, 8.0, "And this comes later."),
    ]);
    let summary = finish(extractor).unwrap();
    assert_eq!(summary.source, Some(TextSource::Sidecar));
    let texts: Vec<_> = summary.transcript.iter().map(|s| s.text.as_str()).collect();
    assert_eq!(texts, ["This is the first sentence,", "which you can\nhear now.", "And this comes later."]);
    assert_eq!((summary.transcript[1].start_s, summary.transcript[1].end_s), (Some(2.5), Some(4.0)));
    assert_eq!(
        summary.sentences,
        [
            "This is the first sentence, which you can hear now.",
            "And this comes later.",
            "I love this amazing place!"
        ]
    );
    assert_eq!(summary.word_count, 19);
    // 14 words in 2 + 1.5 + 2 seconds.
    assert!((summary.speaking_pace.unwrap() - 14.0 / 5.5).abs() < 1e-12);
    // Each cue has its emotions and its place in the trend.
    let trend = summary.emotion_trend.unwrap();
    assert_eq!(trend.iter().map(|point| point.t_s).collect::<Vec<_>>(), [0.5, 2.5, 6.0]);
    assert!(summary.transcript.iter().all(|segment| segment.emotion_scores.as_ref().unwrap().len() == 28));
    assert_eq!(summary.emotions.unwrap().len(), 28);
    // Only the given text has words of feeling.
    assert!(summary.sentiment.unwrap().compound > 0.5);
    assert_eq!(summary.hook.unwrap().text, "This is the first sentence, which you can hear now.");
}

#[test]
fn embedded_captions_are_kept_cue_for_cue() {
    let mut extractor = TextExtractor::new(&ExtractorConfig::default());
    assert!(extractor.wants().cues && !extractor.wants().audio);
    for (start, text) in [(10.0, "so we went there"), (12.0, "and it was raining"), (14.0, "all day")] {
        extractor.cue(&cue(start, start + 2.0, text)).unwrap();
    }
    let summary = finish(extractor).unwrap();
    assert_eq!(summary.source, Some(TextSource::EmbeddedCaptions));
    assert_eq!(summary.transcript.len(), 3);
    // Captions without full stops are one sentence a cue; nothing is said in the first seconds, so the first one is it.
    assert_eq!(summary.sentences, ["so we went there", "and it was raining", "all day"]);
    assert_eq!(summary.hook.unwrap().text, "so we went there");
}

#[test]
fn the_named_language_wins_and_english_only_features_say_so() {
    let config = ExtractorConfig { language: Some("fr".into()), ..ExtractorConfig::default() };
    let mut extractor = TextExtractor::new(&config);
    extractor.give_text("J'ai perdu mon chien hier. La maison est si vide.");
    let summary = finish(extractor).unwrap();
    assert_eq!((summary.language.as_deref(), summary.language_confidence), (Some("fr"), None));
    assert_eq!(summary.missing["language_confidence"], "the host named the language");
    assert!(summary.sentiment.is_none() && summary.readability.is_none() && summary.hook.is_none());
    for field in ["sentiment", "readability", "hook"] {
        assert_eq!(summary.missing[field], "for English only");
    }
    assert!(!summary.keywords.is_empty());
    let mut extractor = TextExtractor::new(&ExtractorConfig::default());
    extractor.give_text("今日は晴れです。");
    let summary = finish(extractor).unwrap();
    assert_eq!(summary.language.as_deref(), Some("ja"));
    assert!(summary.keywords.is_empty() && summary.missing.contains_key("keywords"));
}
