//! What a user searches for, as `SQLite`'s full-text search takes it.

/// Terms of one search; more are more than anybody means.
const MOST_TERMS: usize = 64;

/// A search: an expression for the words, and pieces of text that are no words of their own.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Search {
    /// For `MATCH`; empty where there are only pieces.
    pub(super) words: String,
    /// To be found as they stand: of writing without blanks between words, and signs such as emoji.
    pub(super) pieces: Vec<String>,
}

/// Reads words, `"phrases in quotes"` and beginnings of words (`gam*`), all of which must be there. Nothing in them is an operator.
pub(super) fn search(text: &str) -> Search {
    let mut found = Search::default();
    let mut rest = text;
    for _ in 0..MOST_TERMS {
        rest = rest.trim_start();
        let (term, after) = match rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
            Some(phrase) => phrase,
            None if rest.is_empty() => break,
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        rest = after;
        found.add(term);
    }
    found
}

/// Any one of these words or phrases.
pub(super) fn any(keywords: &[String]) -> String {
    let phrases: Vec<String> =
        keywords.iter().filter(|keyword| has_words(keyword)).map(|keyword| phrase(keyword)).collect();
    phrases.join(" OR ")
}

impl Search {
    fn add(&mut self, term: &str) {
        let (term, beginning) = match term.strip_suffix('*') {
            Some(term) => (term, "*"),
            None => (term, ""),
        };
        if term.is_empty() {
            return;
        }
        if !has_words(term) {
            self.pieces.push(term.to_owned());
            return;
        }
        if !self.words.is_empty() {
            self.words.push_str(" AND ");
        }
        self.words.push_str(&phrase(term));
        self.words.push_str(beginning);
    }
}

fn phrase(text: &str) -> String {
    format!("\"{}\"", text.replace(['"', '\0'], " "))
}

/// Whether the index has the words of this text: letters or digits, of a writing that parts words.
fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric) && !text.chars().any(is_run_on)
}

/// Writing in which words follow each other without a blank, or carry their particles: Thai, Lao, Burmese, Khmer, kana, Han, Hangul.
fn is_run_on(c: char) -> bool {
    matches!(u32::from(c),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x3400..=0x9fff | 0xac00..=0xd7af
            | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_user_types_is_an_operator() {
        let found = search(r#"epic  "speed run" gam* NOT title:x "open ( 猫 🎬 *"#);
        assert_eq!(found.words, r#""epic" AND "speed run" AND "gam"* AND "NOT" AND "title:x" AND " open""#);
        assert_eq!(found.pieces, ["(", "猫", "🎬"]);
        assert_eq!(search(""), Search::default());
        assert_eq!(any(&["a \"b\"".to_owned(), "…".to_owned(), "c".to_owned()]), r#""a  b " OR "c""#);
    }
}
