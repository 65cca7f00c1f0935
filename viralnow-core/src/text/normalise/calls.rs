//! What a post asks its viewers to do.

use super::CallToAction;
use crate::text::lexicon::Table;
use std::sync::LazyLock;
use unicode_segmentation::UnicodeSegmentation;

/// Kind, and the phrases that ask for it; `^` before one says that it must start a sentence or follow a joining word.
const PHRASES: &[(&str, &str)] = &[
    (
        "buy",
        "buy now|shop now|order now|order yours|get yours|grab yours|buy yours|use code|use my code|get it now|^shop|\
        available now|while supplies last|limited time|book now|pre order",
    ),
    ("click", "click the link|tap the link|click here|^click|^tap|check it out|check this out|^check out"),
    (
        "comment",
        "^comment|comment below|comment down below|leave a comment|drop a comment|in the comments|let me know|\
        let us know|tell me in|drop a|tell us in",
    ),
    ("direct_message", "dm me|dm us|message me|message us|send me a dm|slide into"),
    ("download", "^download|^install|get the app|download now"),
    (
        "follow",
        "^follow|follow me|follow us|follow for|follow along|hit follow|give me a follow|smash follow",
    ),
    (
        "like",
        "^like this|^like and|like and|hit like|hit the like|smash the like|smash that like|smash like|like button|\
        double tap|drop a like|^like if",
    ),
    (
        "link_in_bio",
        "link in bio|link in my bio|link in the bio|link in our bio|links in bio|bio link|link is in|\
        link in the description|link below|links below|link in comments|link in the comments|link in description",
    ),
    (
        "notify",
        "turn on notifications|turn on post notifications|hit the bell|ring the bell|notification bell",
    ),
    (
        "save",
        "^save this|save for later|save it for later|save this for later|save this post|save this video|bookmark this",
    ),
    (
        "share",
        "^share|share this|share with|share it with|send this to|repost|^retweet|spread the word|pass it on",
    ),
    (
        "sign_up",
        "sign up|register now|^register|join now|join us|join my|^enroll|get started|reserve your|save your spot",
    ),
    ("subscribe", "^subscribe|subscribe to|subscribe for|like and subscribe|hit subscribe"),
    ("swipe", "swipe up|swipe left|swipe right|^swipe"),
    ("tag", "^tag|tag a|tag someone|tag your|tag the|tag me|tag us"),
    ("try", "^try it|try it now|try this|^try our|try for free|start your"),
    ("vote", "^vote|vote below|vote now|cast your vote"),
    (
        "watch",
        "watch till the end|watch until the end|wait for it|wait till the end|wait until the end|stay till the end|\
        stay until the end|watch the full|watch part|^watch now|part two|part 2",
    ),
];
/// Words after which a command goes on.
const JOINERS: &str = "and then please pls plz to so now or also just must go be";

/// A phrase: its words, its kind, whether it must be a command.
struct Phrase {
    words: Vec<&'static str>,
    kind: &'static str,
    command: bool,
}

/// The phrases by their first word, the longest first.
static BY_FIRST: LazyLock<Table<&'static str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut table: Table<&'static str, Vec<Phrase>> = Table::default();
    for (kind, phrases) in PHRASES {
        for phrase in phrases.split('|').map(str::trim) {
            let words: Vec<&str> = phrase.trim_start_matches('^').split(' ').collect();
            let command = phrase.starts_with('^');
            table.entry(words[0]).or_default().push(Phrase { words, kind, command });
        }
    }
    for phrases in table.values_mut() {
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len()));
    }
    table
});

pub(super) fn calls_to_action(text: &str) -> Vec<CallToAction> {
    let words: Vec<(usize, &str)> = text.unicode_word_indices().collect();
    let lower: Vec<String> = words.iter().map(|(_, word)| word.to_lowercase().replace('’', "'")).collect();
    let mut found = Vec::new();
    let mut i = 0;
    while i < words.len() {
        let fits = |phrase: &&Phrase| {
            let held = lower[i..].iter().zip(&phrase.words).filter(|(word, wanted)| word == *wanted).count();
            held == phrase.words.len() && (!phrase.command || is_command(text, &words, &lower, i))
        };
        let Some(phrase) = BY_FIRST.get(lower[i].as_str()).and_then(|phrases| phrases.iter().find(fits))
        else {
            i += 1;
            continue;
        };
        let (last, word) = words[i + phrase.words.len() - 1];
        let written = text[words[i].0..last + word.len()].to_owned();
        found.push(CallToAction { kind: phrase.kind.to_owned(), text: written });
        i += phrase.words.len();
    }
    found
}

/// Whether word `i` may be a command: nothing but punctuation or a joining word stands before it.
fn is_command(text: &str, words: &[(usize, &str)], lower: &[String], i: usize) -> bool {
    let Some((start, before)) = i.checked_sub(1).map(|k| words[k]) else { return true };
    let between = &text[start + before.len()..words[i].0];
    between.contains(|c: char| !c.is_whitespace() && !matches!(c, '\'' | '"' | '’' | '-'))
        || between.contains('\n')
        || JOINERS.split(' ').any(|joiner| joiner == lower[i - 1])
}
