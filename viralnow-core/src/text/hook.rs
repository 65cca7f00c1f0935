//! The opening of a post, and how much it is written like a hook.

use super::Hook;
use super::words::words;
use std::collections::BTreeMap;

/// The names of the sub-features, in alphabetical order.
pub const HOOK_FEATURES: [&str; 12] = [
    "curiosity",
    "demonstrative",
    "emphasis",
    "first_person",
    "imperative",
    "length_fit",
    "negation",
    "number",
    "power_words",
    "question",
    "second_person",
    "superlative",
];

/// What the sub-features weigh; the weights sum to 1.
const WEIGHTS: [(&str, f64); 12] = [
    ("question", 0.06),
    ("number", 0.05),
    ("second_person", 0.20),
    ("first_person", 0.07),
    ("curiosity", 0.16),
    ("power_words", 0.15),
    ("negation", 0.03),
    ("imperative", 0.10),
    ("emphasis", 0.02),
    ("demonstrative", 0.09),
    ("length_fit", 0.02),
    ("superlative", 0.05),
];

const QUESTION: &str = "who what when where why how which whose do does did is are am was were can could would should will \
    have has had ain't isn't aren't don't doesn't didn't can't won't";
const NUMBERS: &str = "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty fifty hundred \
    thousand million billion";
const SECOND_PERSON: &str = "you your yours yourself yourselves you're you'll you've you'd y'all u ur youre";
const FIRST_PERSON: &str =
    "i me my mine myself i'm i've i'll i'd we us our ours ourselves we're we've we'll we'd im";
const NEGATION: &str =
    "not no never none nobody nothing nowhere neither nor without stop cannot cant dont wont avoid quit";
const DEMONSTRATIVE: &str = "this these that those here here's that's this'll";
const SUPERLATIVE: &str = "most best worst least ever every everyone everything only greatest always absolutely definitive \
    ultimate favorite favourite top";
/// Words in -est that compare nothing.
const NO_SUPERLATIVE: &str = "test rest guest nest quest request interest west east forest honest modest protest arrest \
    suggest invest contest harvest latest chest vest pest fest zest midwest northwest southwest digest conquest \
    budapest manifest earnest";
const POWER: &str = "amazing insane crazy unbelievable incredible awesome epic hilarious shocking shocked secret secrets \
    hidden perfect perfectly ultimate powerful beautiful gorgeous stunning adorable cute delicious genius brilliant \
    magical weird weirdest creepy terrifying scary horrifying heartbreaking heartwarming emotional inspiring life-changing \
    mind-blowing jaw-dropping badass fucking literally totally actually absolutely definitely seriously really so \
    hack hacks trick tricks tips easy simple free instantly guaranteed proven love hate obsessed savage iconic legendary \
    wild huge massive mistake mistakes warning never-before-seen viral satisfying awkward sexy hot fun funny funniest \
    glorious ridiculous ridiculously insanely surprisingly cutest craziest wtf omg lol dream drama painfully \
    relatable magic truth lies banned illegal dangerous deadly exposed revealed";
const IMPERATIVE: &str = "stop watch try look check follow save get make take learn listen imagine wait read see find meet \
    guess tell share comment click use buy start quit avoid remember don't dont never let let's lets give keep grab pick \
    choose come go help ask think build create discover drop say name test subscribe join";
/// Words that announce a list or hold the answer back.
const CURIOSITY_WORDS: &str = "things reasons ways facts signs times people moments products gifts ideas quotes tips tricks \
    hacks lessons secrets questions words photos pictures pics gifs tweets recipes songs movies books foods stages \
    struggles problems everyone nobody why how actually finally believe guess pov secret truth thing reason happens \
    happened surprising probably according quiz";
const CURIOSITY_PHRASES: [&[&str]; 30] = [
    &["here's", "why"],
    &["here's", "what"],
    &["here's", "how"],
    &["here", "is", "why"],
    &["here", "are"],
    &["this", "is"],
    &["is", "what"],
    &["what", "happened"],
    &["what", "happens"],
    &["won't", "believe"],
    &["can't", "believe"],
    &["did", "you", "know"],
    &["you", "need"],
    &["you", "should"],
    &["you", "didn't"],
    &["do", "you"],
    &["can", "you"],
    &["are", "you"],
    &["if", "you"],
    &["when", "you"],
    &["will", "make"],
    &["make", "you"],
    &["find", "out"],
    &["turns", "out"],
    &["no", "one"],
    &["the", "reason"],
    &["that", "will"],
    &["wait", "for"],
    &["before", "you"],
    &["wish", "i", "knew"],
];

/// Words and characters of an opening; more are no opening.
const LONGEST: (usize, usize) = (100, 2000);

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|entry| entry == word)
}

/// The hook features of an English opening: a sentence, or what is said in the first seconds; at most 100 words and 2,000
/// characters of it are looked at, and kept. Those of a text without words are all 0.
///
///  Twelve sub-features, each in [0, 1]:
///
/// | name | 1 when | between |
/// |---|---|---|
/// | `question` | it asks (`?`) | 0.5 when it only starts with a question word |
/// | `number` | it starts with a number | 0.5 when one comes later |
/// | `second_person` | two and more of *you, your, ...* | 0.5 for one |
/// | `first_person` | two and more of *I, my, we, ...* | 0.5 for one |
/// | `curiosity` | two and more phrases that hold something back: *here's why, what happened, things, reasons, ...* | 0.5 for one |
/// | `power_words` | two and more strong words: *insane, secret, perfect, ...* | 0.5 for one |
/// | `negation` | *not, never, stop, without, ...* | |
/// | `imperative` | it starts with a command: *stop, watch, try, ...* | |
/// | `emphasis` | half and more of its words are in capitals, or it has `!!` | linear below; 0.5 for one `!` |
/// | `demonstrative` | *this, these, that, those, here* | |
/// | `length_fit` | 8 to 16 words | linear from 2 and to 40 |
/// | `superlative` | *most, best, worst, ever, every, only*, *...est* | |
///
/// `style` is their weighted sum. The weights were fitted on every other one of 32,000 headlines, clickbait against news;
/// on the others it parts the two with an area under the curve of 0.936 (`tests/text.rs`). It does **not** predict
/// performance: of two headlines for one story in an A/B test, a sum like this picks the winner no better than chance.
///
/// ```
/// let hook = viralnow_core::text::hook("You won't believe what happened next");
/// assert_eq!(hook.features["second_person"], 0.5);
/// assert_eq!(hook.features["negation"], 1.0);
/// assert!(hook.style > viralnow_core::text::hook("Parliament adjourns until Monday").style);
/// ```
#[must_use]
pub fn hook(opening: &str) -> Hook {
    let end = opening.char_indices().nth(LONGEST.1).map_or(opening.len(), |(end, _)| end);
    let text = opening[..end].split_whitespace().take(LONGEST.0).collect::<Vec<_>>().join(" ");
    let spoken: Vec<&str> = words(&text).filter(|word| !word.is_address).map(|word| word.text).collect();
    let lower: Vec<String> = spoken.iter().map(|word| word.to_lowercase().replace('’', "'")).collect();
    let values = if lower.is_empty() { [0.0; 12] } else { values(&text, &spoken, &lower) };
    let features: BTreeMap<String, f64> =
        WEIGHTS.iter().zip(values).map(|((name, _), value)| ((*name).to_owned(), value)).collect();
    let style: f64 = WEIGHTS.iter().zip(values).map(|((_, weight), value)| weight * value).sum();
    Hook { text, features, style: style.clamp(0.0, 1.0), ..Hook::default() }
}

/// The sub-features in the order of [`WEIGHTS`].
fn values(text: &str, spoken: &[&str], lower: &[String]) -> [f64; 12] {
    let count = |list: &str| lower.iter().filter(|word| is_in(list, word)).count() as f64;
    let some = |list: &str| f64::from(u8::from(count(list) > 0.0));
    let half_each = |count: f64| (count / 2.0).min(1.0);
    let first = lower[0].as_str();

    let question = if text.contains(['?', '？', '؟']) {
        1.0
    } else {
        0.5 * f64::from(u8::from(is_in(QUESTION, first)))
    };
    let is_number = |word: &String| word.starts_with(|c: char| c.is_numeric()) || is_in(NUMBERS, word);
    let number = if is_number(&lower[0]) {
        1.0
    } else if lower.iter().any(is_number) {
        0.5
    } else {
        0.0
    };
    let phrases = CURIOSITY_PHRASES.iter().filter(|phrase| holds(lower, phrase)).count() as f64;
    let negation = if lower.iter().any(|word| word.ends_with("n't")) { 1.0 } else { some(NEGATION) };
    let superlative = lower.iter().any(|word| {
        is_in(SUPERLATIVE, word) || (word.len() > 4 && word.ends_with("est") && !is_in(NO_SUPERLATIVE, word))
    });
    [
        question,
        number,
        half_each(count(SECOND_PERSON)),
        half_each(count(FIRST_PERSON)),
        half_each(phrases + count(CURIOSITY_WORDS)),
        half_each(count(POWER)),
        negation,
        f64::from(u8::from(is_in(IMPERATIVE, first))),
        emphasis(text, spoken),
        some(DEMONSTRATIVE),
        length_fit(spoken.len() as f64),
        f64::from(u8::from(superlative)),
    ]
}

fn holds(words: &[String], phrase: &[&str]) -> bool {
    words.windows(phrase.len()).any(|window| window.iter().zip(phrase).all(|(word, wanted)| word == wanted))
}

/// Capitals (in words of two and more letters, so that `I` and `A` do not count) and exclamation marks.
fn emphasis(text: &str, spoken: &[&str]) -> f64 {
    let shouted = |word: &&&str| word.chars().nth(1).is_some() && word.chars().all(char::is_uppercase);
    let capitals = 2.0 * spoken.iter().filter(shouted).count() as f64 / spoken.len() as f64;
    let exclamations = 0.5 * text.matches(['!', '！']).count() as f64;
    capitals.max(exclamations).min(1.0)
}

/// 8 to 16 words fit; 2 and 40 do not at all.
fn length_fit(words: f64) -> f64 {
    ((words - 2.0) / 6.0).min((40.0 - words) / 24.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_shares() {
        assert!(WEIGHTS.iter().all(|(_, weight)| *weight > 0.0));
        let names: std::collections::BTreeSet<&str> = WEIGHTS.iter().map(|(name, _)| *name).collect();
        assert!(names.into_iter().eq(HOOK_FEATURES));
        assert!((WEIGHTS.iter().map(|(_, weight)| weight).sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
