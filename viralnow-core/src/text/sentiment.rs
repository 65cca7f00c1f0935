//! VADER: Hutto & Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text",
//! ICWSM 2014, with the constants and the order of rules of vaderSentiment 3.3.2 (MIT), whose numbers it gives.

use super::Sentiment;
use super::lexicon::{EMOJI, Table, valences};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a booster adds to, and a dampener takes from, the valence of the next word.
const BOOST: f64 = 0.293;
/// What capitals add, where not everything is in capitals.
const CAPITALS: f64 = 0.733;
/// What a negation multiplies the valence by.
const NEGATION: f64 = -0.74;

const BOOSTERS: &str = "absolutely amazingly awfully completely considerable considerably decidedly deeply effing \
    enormous enormously entirely especially exceptional exceptionally extreme extremely fabulously flipping flippin \
    frackin fracking fricking frickin frigging friggin fully fuckin fucking fuggin fugging greatly hella highly \
    hugely incredible incredibly intensely major majorly more most particularly purely quite really remarkably so \
    substantially thoroughly total totally tremendous tremendously uber unbelievably unusually utter utterly very";
const DAMPENERS: &str = "almost barely hardly kinda kindof kind-of less little marginal marginally occasional \
    occasionally partly scarce scarcely slight slightly somewhat sorta sortof sort-of";
/// Beside these, every word with `n't` in it negates.
const NEGATIONS: &str = "aint arent cannot cant couldnt darent didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt \
    neither neednt never none nope nor not nothing nowhere oughtnt shant shouldnt uhuh wasnt werent uh-uh without wont \
    wouldnt rarely seldom despite";

/// The words that rules ask for by name.
const NAMED: [&str; 29] = [
    "no", "or", "nor", "never", "so", "this", "without", "doubt", "least", "at", "very", "but", "kind", "of",
    "sort", "just", "enough", "the", "shit", "bomb", "bad", "ass", "bus", "stop", "yeah", "right", "death",
    "to", "die",
];
/// Phrases with a valence of their own, which replaces that of the word.
const PHRASES: [(&[&str], f64); 8] = [
    (&["the", "shit"], 3.0),
    (&["the", "bomb"], 3.0),
    (&["bad", "ass"], 1.5),
    (&["bus", "stop"], 0.0),
    (&["yeah", "right"], -2.0),
    (&["kiss", "of", "death"], -1.5),
    (&["to", "die", "for"], 3.0),
    (&["beating", "heart"], 3.5),
];
/// Pairs that dampen; a single word cannot hold them.
const DAMPENING_PAIRS: [[&str; 2]; 3] = [["just", "enough"], ["kind", "of"], ["sort", "of"]];

/// What is known of one word.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    valence: Option<f64>,
    boost: f64,
    negates: bool,
    name: &'static str,
}

/// A word of which nothing is known.
static UNKNOWN: Entry = Entry { valence: None, boost: 0.0, negates: false, name: "" };

static WORDS: LazyLock<Table<&'static str, Entry>> = LazyLock::new(|| {
    let mut words: Table<&'static str, Entry> = Table::default();
    for (word, valence) in valences() {
        words.entry(word).or_default().valence = Some(valence);
    }
    for (list, boost) in [(BOOSTERS, BOOST), (DAMPENERS, -BOOST)] {
        for word in list.split_ascii_whitespace() {
            words.entry(word).or_default().boost = boost;
        }
    }
    for word in NEGATIONS.split_ascii_whitespace() {
        words.entry(word).or_default().negates = true;
    }
    for word in NAMED.into_iter().chain(["kiss", "for", "beating", "heart"]) {
        words.entry(word).or_default().name = word;
    }
    words
});

/// One word of the text.
#[derive(Debug, Clone, Copy)]
struct Token {
    entry: &'static Entry,
    negates: bool,
    capitals: bool,
}

impl Token {
    fn is(&self, name: &str) -> bool {
        self.entry.name == name
    }

    fn new(word: &str, lower: &mut String) -> Self {
        lower.clear();
        lower.push_str(word);
        let ascii = word.is_ascii();
        if ascii {
            lower.make_ascii_lowercase();
        } else {
            *lower = word.to_lowercase();
        }
        let entry = WORDS.get(lower.as_str()).unwrap_or(&UNKNOWN);
        let capitals = if ascii {
            lower.as_str() != word && !word.bytes().any(|b| b.is_ascii_lowercase())
        } else {
            let mut letters = word.chars().filter(|c| c.is_uppercase() || c.is_lowercase()).peekable();
            letters.peek().is_some() && letters.all(char::is_uppercase)
        };
        let negates = entry.negates || (lower.as_bytes().contains(&b'\'') && lower.contains("n't"));
        Self { entry, negates, capitals }
    }
}

/// The sentiment of an English text: shares of negative, neutral and positive words in [0, 1], rounded to 3 digits, and
/// the compound score in [-1, 1], rounded to 4. Without words all are 0.
///
/// The common reading: positive from 0.05 on, negative from -0.05 down, neutral between them. Words of other languages
/// are not in the lexicon and count as neutral. It is made for a sentence or a post; in a long text the sum saturates.
///
/// ```
/// let sentiment = viralnow_core::text::sentiment("The food was great, but the service was absolutely horrible.");
/// assert_eq!(sentiment.compound, -0.5632);
/// assert!(viralnow_core::text::sentiment("Best day ever 😍").compound > 0.5);
/// ```
#[must_use]
pub fn sentiment(text: &str) -> Sentiment {
    let described = describe_emoji(text);
    let text = described.as_deref().unwrap_or(text);
    let mut lower = String::new();
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 5 + 1);
    let mut take = |word: &str| {
        if !word.is_empty() {
            tokens.push(Token::new(without_punctuation(word), &mut lower));
        }
    };
    if text.is_ascii() {
        text.split(|c: char| matches!(c as u8, b'\t'..=b'\r' | 0x1c..=b' ')).for_each(&mut take);
    } else {
        text.split(is_space).for_each(&mut take);
    }
    let capitals = tokens.iter().filter(|token| token.capitals).count();
    let only_some_capitals = capitals > 0 && capitals < tokens.len();
    let mut valences: Vec<f64> = (0..tokens.len()).map(|i| valence(&tokens, i, only_some_capitals)).collect();
    weigh_by_but(&tokens, &mut valences);
    sum_up(&valences, emphasis(text))
}

/// Whether a word in lower case is an English word of feeling.
pub(super) fn is_felt(word: &str) -> bool {
    WORDS.get(word).is_some_and(|entry| entry.valence.is_some())
}

/// White space as Python's `str.split` sees it: Unicode's and the four information separators.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Emoji in words, or `None` for a text without any. A description starts with a space unless one is there; the text
/// after it follows without one, as in the original.
fn describe_emoji(text: &str) -> Option<String> {
    if text.is_ascii() || !text.chars().any(|c| !c.is_ascii() && EMOJI.contains_key(&c)) {
        return None;
    }
    let mut described = String::with_capacity(text.len() * 2);
    let mut after_space = true;
    for c in text.chars() {
        if let Some(description) = EMOJI.get(&c) {
            if !after_space {
                described.push(' ');
            }
            described.push_str(description);
            after_space = false;
        } else {
            described.push(c);
            after_space = c == ' ';
        }
    }
    Some(described)
}

/// The word without punctuation at its ends, unless so little is left that it is an emoticon.
fn without_punctuation(word: &str) -> &str {
    let bytes = word.as_bytes();
    let letter = |b: &u8| !b.is_ascii_punctuation();
    let Some(start) = bytes.iter().position(letter) else { return word };
    let end = bytes.iter().rposition(letter).unwrap_or(start);
    let stripped = &word[start..=end];
    if stripped.len() < 3 || stripped.chars().nth(2).is_none() { word } else { stripped }
}

/// The valence of word `i` among its neighbours.
fn valence(tokens: &[Token], i: usize, only_some_capitals: bool) -> f64 {
    let token = &tokens[i];
    let before = |n: usize| i.checked_sub(n).map(|k| &tokens[k]);
    let next = tokens.get(i + 1);
    let kind_of = token.is("kind") && next.is_some_and(|next| next.is("of"));
    let Some(own) = token.entry.valence else { return 0.0 };
    if token.entry.boost != 0.0 || kind_of {
        return 0.0;
    }
    let mut valence = own;
    // "no" negates the word of feeling that follows it; alone it is one itself.
    if token.is("no") && next.is_some_and(|next| next.entry.valence.is_some()) {
        valence = 0.0;
    }
    let is = |n: usize, name: &str| before(n).is_some_and(|token| token.is(name));
    if is(1, "no") || is(2, "no") || (is(3, "no") && (is(1, "or") || is(1, "nor"))) {
        valence = own * NEGATION;
    }
    if token.capitals && only_some_capitals {
        valence += if valence > 0.0 { CAPITALS } else { -CAPITALS };
    }
    for (distance, fading) in [(1, 1.0), (2, 0.95), (3, 0.9)] {
        let Some(modifier) = before(distance).filter(|token| token.entry.valence.is_none()) else { continue };
        valence += boost(modifier, valence, only_some_capitals) * fading;
        let (so_or_this, doubt) = match distance {
            1 => (false, false),
            2 => (
                modifier.is("never") && (is(1, "so") || is(1, "this")),
                modifier.is("without") && is(1, "doubt"),
            ),
            // The original's precedence: "so" or "this" right before the word strengthen it even without "never".
            _ => (
                modifier.is("never") && (is(2, "so") || is(2, "this")) || is(1, "so") || is(1, "this"),
                modifier.is("without") && (is(2, "doubt") || is(1, "doubt")),
            ),
        };
        if so_or_this {
            valence *= 1.25;
        } else if modifier.negates && !doubt {
            valence *= NEGATION;
        }
        if distance == 3 {
            valence = phrase(tokens, i, valence);
        }
    }
    let least = is(1, "least") && before(1).is_some_and(|token| token.entry.valence.is_none());
    if least && !is(2, "at") && !is(2, "very") {
        valence *= NEGATION;
    }
    valence
}

/// What the word before adds.
fn boost(modifier: &Token, valence: f64, only_some_capitals: bool) -> f64 {
    let mut boost = modifier.entry.boost;
    if boost == 0.0 {
        return 0.0;
    }
    if valence < 0.0 {
        boost = -boost;
    }
    if modifier.capitals && only_some_capitals {
        boost += if valence > 0.0 { CAPITALS } else { -CAPITALS };
    }
    boost
}

/// Phrases around word `i`, which has three words before it.
fn phrase(tokens: &[Token], i: usize, mut valence: f64) -> f64 {
    let at = |start: usize, words: &[&str]| {
        tokens
            .get(start..start + words.len())
            .is_some_and(|found| found.iter().zip(words).all(|(t, w)| t.is(w)))
    };
    let find = |start: usize, length: usize| {
        PHRASES
            .iter()
            .find(|(words, _)| words.len() == length && at(start, words))
            .map(|(_, valence)| *valence)
    };
    let behind = [(i - 1, 2), (i - 2, 3), (i - 2, 2), (i - 3, 3), (i - 3, 2)];
    if let Some(own) = behind.into_iter().find_map(|(start, length)| find(start, length)) {
        valence = own;
    }
    for length in [2, 3] {
        if let Some(own) = find(i, length) {
            valence = own;
        }
    }
    for start in [i - 3, i - 2] {
        if DAMPENING_PAIRS.iter().any(|pair| at(start, pair)) {
            valence -= BOOST;
        }
    }
    valence
}

/// After the first "but" counts more, before it less. The original looks each value up in the list while it changes the
/// list, and so changes the first word of that value; this does the same with an index from value to places.
fn weigh_by_but(tokens: &[Token], valences: &mut [f64]) {
    let Some(but) = tokens.iter().position(|token| token.is("but")) else { return };
    let mut places: BTreeMap<u64, std::collections::BTreeSet<usize>> = BTreeMap::new();
    for (i, valence) in valences.iter().enumerate().filter(|(_, valence)| **valence != 0.0) {
        places.entry(valence.to_bits()).or_default().insert(i);
    }
    for i in 0..valences.len() {
        let valence = valences[i];
        let Some(&first) = places.get(&valence.to_bits()).and_then(|places| places.first()) else { continue };
        let factor = match first.cmp(&but) {
            std::cmp::Ordering::Less => 0.5,
            std::cmp::Ordering::Equal => continue,
            std::cmp::Ordering::Greater => 1.5,
        };
        if let Some(places) = places.get_mut(&valence.to_bits()) {
            places.remove(&first);
        }
        valences[first] = valence * factor;
        if valences[first] != 0.0 {
            places.entry(valences[first].to_bits()).or_default().insert(first);
        }
    }
}

/// What exclamation and question marks add to the strength of the whole.
fn emphasis(text: &str) -> f64 {
    let (mut exclamations, mut questions) = (0_u32, 0_u32);
    for byte in text.bytes() {
        exclamations += u32::from(byte == b'!');
        questions += u32::from(byte == b'?');
    }
    let questions = match questions {
        0 | 1 => 0.0,
        2 | 3 => f64::from(questions) * 0.18,
        _ => 0.96,
    };
    f64::from(exclamations.min(4)) * 0.292 + questions
}

fn sum_up(valences: &[f64], emphasis: f64) -> Sentiment {
    if valences.is_empty() {
        return Sentiment::default();
    }
    let mut sum: f64 = valences.iter().sum();
    if sum > 0.0 {
        sum += emphasis;
    } else if sum < 0.0 {
        sum -= emphasis;
    }
    let compound = (sum / (sum * sum + 15.0).sqrt()).clamp(-1.0, 1.0);
    // One is added to each word of feeling, because a neutral word counts as one.
    let mut positive: f64 = valences.iter().filter(|v| **v > 0.0).map(|v| v + 1.0).sum();
    let mut negative: f64 = valences.iter().filter(|v| **v < 0.0).map(|v| 1.0 - v).sum();
    let neutral = valences.iter().filter(|v| **v == 0.0).count() as f64;
    if positive > negative {
        positive += emphasis;
    } else if positive < negative {
        negative += emphasis;
    }
    let total = positive + negative + neutral;
    Sentiment {
        negative: round(negative / total, 3),
        neutral: round(neutral / total, 3),
        positive: round(positive / total, 3),
        compound: round(compound, 4),
    }
}

/// Rounds the exact value half to even, as Python does. Scaling it first is quicker, and the same unless the scaled value
/// is close to a half.
fn round(value: f64, digits: usize) -> f64 {
    let scale = if digits == 3 { 1e3 } else { 1e4 };
    let scaled = value * scale;
    if (scaled.fract().abs() - 0.5).abs() > 1e-6 {
        return scaled.round() / scale + 0.0;
    }
    format!("{value:.digits$}").parse::<f64>().unwrap_or(value) + 0.0
}
