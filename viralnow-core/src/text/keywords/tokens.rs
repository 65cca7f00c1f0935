//! Words and punctuation as YAKE sees them: the rules of segtok's tokenizer (Leitner; MIT), each a scan.

use super::sentences::{ends_sentence, is_hyphen};
use crate::text::words::joins_letters;

/// The tokens of a sentence: words, and what stands between them.
pub(super) fn tokens(sentence: &str) -> Vec<&str> {
    let mut found: Vec<(&str, bool)> = Vec::new();
    for span in sentence.split_whitespace() {
        match mail(span) {
            Some((before, address, after)) => {
                pieces(before, &mut found);
                found.push((address, true));
                pieces(after, &mut found);
            }
            None => pieces(span, &mut found),
        }
    }
    part_terminal(&mut found);
    let mut tokens = Vec::with_capacity(found.len() + 4);
    for (token, is_word) in found {
        if is_word {
            let (word, rest) = contraction(token);
            tokens.push(word);
            tokens.extend(rest.filter(|rest| !rest.starts_with('\'')));
        } else {
            let kept = if token.len() > 1 { token.trim_end_matches([',', ';', ':']) } else { token };
            // A quote with more behind it is no token.
            if !(kept.is_empty() || kept.len() > 1 && kept.starts_with('\'')) {
                tokens.push(kept);
            }
            let dangling = &token[kept.len()..];
            tokens.extend((0..dangling.len()).map(|i| &dangling[i..=i]));
        }
    }
    tokens
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || joins_letters(c)
}

/// Apostrophes but for the straight one, which is a quote too.
fn is_apostrophe(c: char) -> bool {
    matches!(c, '´' | 'ʹ' | 'ʼ' | '’' | '′')
}

/// An address of mail, and what stands around it.
fn mail(span: &str) -> Option<(&str, &str, &str)> {
    if !span.contains('@') {
        return None;
    }
    let inner = span.trim_start_matches(['<', '"', '\'', '(', '[', '{']);
    let address = inner.trim_end_matches(['>', '"', '\'', ')', ']', '}']);
    let (local, host) = address.split_once('@')?;
    let is_local =
        !local.is_empty() && local.chars().all(|c| is_letter(c) || "_.#$%&'*+/=!?^`{|}~-".contains(c));
    let labels = host
        .split('.')
        .all(|label| !label.is_empty() && label.chars().all(|c| is_letter(c) || matches!(c, '_' | '-')));
    let start = span.len() - inner.len();
    (is_local && labels && host.contains('.'))
        .then(|| (&span[..start], address, &span[start + address.len()..]))
}

/// Cuts a span without white space into words and what stands between them.
fn pieces<'a>(span: &'a str, found: &mut Vec<(&'a str, bool)>) {
    let mut rest = span;
    while !rest.is_empty() {
        let word = word_length(rest);
        if word > 0 {
            found.push((&rest[..word], true));
            rest = &rest[word..];
            continue;
        }
        let mut other = 0;
        for c in rest.chars() {
            if other > 0 && word_length(&rest[other..]) > 0 {
                break;
            }
            other += c.len_utf8();
        }
        found.push((&rest[..other], false));
        rest = &rest[other..];
    }
}

/// How long the word is that starts here: letters and digits, with what joins them.
fn word_length(rest: &str) -> usize {
    let mut end = 0;
    loop {
        let mut ahead = rest[end..].chars();
        let Some(c) = ahead.next() else { return end };
        let [a, b, d] = [ahead.next(), ahead.next(), ahead.next()];
        let follows = |next: Option<char>| next.is_some_and(is_letter);
        let length = if is_letter(c) {
            let joined = match a {
                Some('.') => (!(b == Some('.') && d == Some('.'))).then_some(1),
                Some(',' | '\'') if follows(b) => Some(1),
                Some(a) if is_hyphen(a) && follows(b) => Some(a.len_utf8()),
                Some(a) if is_apostrophe(a) && b.is_some_and(is_hyphen) && follows(d) => {
                    Some(a.len_utf8() + b.map_or(0, char::len_utf8))
                }
                Some(':') if c.is_numeric() && b.is_some_and(char::is_numeric) => Some(1),
                Some('\'') if c == 's' && b.is_none() => Some(1),
                _ => None,
            };
            c.len_utf8() + joined.unwrap_or(0)
        } else if is_apostrophe(c) && !a.is_some_and(is_apostrophe) {
            c.len_utf8()
        } else {
            return end;
        };
        end += length;
    }
}

/// Parts the mark that ends the sentence from its last word, or from what stands behind it.
fn part_terminal(found: &mut Vec<(&str, bool)>) {
    for i in (found.len().saturating_sub(3)..found.len()).rev() {
        let (token, is_word) = found[i];
        let (first, last) = (token.chars().next(), token.chars().next_back());
        let at_end = last.is_some_and(ends_sentence);
        let at_start = first.is_some_and(ends_sentence);
        if !(is_word && !token.contains(is_apostrophe) || at_end || at_start) {
            continue;
        }
        if token.chars().nth(1).is_none() || token == "..." {
            return;
        }
        let cut = match (at_end, at_start, first, last) {
            (true, _, _, Some(last)) => token.len() - last.len_utf8(),
            (_, true, Some(first), _) => first.len_utf8(),
            _ => return,
        };
        let (before, after) = token.split_at(cut);
        let is_mark = |part: &str| part.chars().all(ends_sentence);
        found[i] = (before, is_word && !is_mark(before));
        found.insert(i + 1, (after, is_word && !is_mark(after)));
        return;
    }
}

/// `don't` as `do` and `n't`, `she's` as `she` and `'s`.
fn contraction(word: &str) -> (&str, Option<&str>) {
    let apostrophe = |c: char| c == '\'' || is_apostrophe(c);
    let Some(at) = word.rfind(apostrophe).filter(|&at| at > 0) else { return (word, None) };
    let ending = word[at..].trim_start_matches(apostrophe);
    let plain = word[..at].split(is_hyphen).all(|part| !part.is_empty() && part.chars().all(is_letter));
    if !plain || !matches!(ending, "d" | "ll" | "m" | "re" | "s" | "t" | "ve") {
        return (word, None);
    }
    let at = if ending == "t" && word[..at].ends_with('n') { at - 1 } else { at };
    if at == 0 {
        return (word, None);
    }
    (&word[..at], Some(&word[at..]))
}

#[cfg(test)]
mod tests {
    use super::tokens;

    /// From the tests of segtok.
    #[test]
    fn tokens_are_those_of_segtok() {
        for (text, wanted) in [
            ("123-Abc-xyZ-123", "123-Abc-xyZ-123"),
            ("A--B A,,B", "A -- B A , , B"),
            ("1.2.3, f.e., is Mr. .Abbreviation.", "1.2.3 , f.e. , is Mr. . Abbreviation ."),
            ("This is a ?sentence,", "This is a ? sentence ,"),
            ("This is a sentence?,", "This is a sentence ? ,"),
            ("abbrev... final....", "abbrev ... final ... ."),
            ("and...or", "and ... or"),
            ("He said, 'this.'", "He said , ' this . '"),
            ("$123,456.99 45.67+/-1.23%", "$ 123,456.99 45.67 +/- 1.23 %"),
            ("token (,; hi), issue", "token ( , ; hi ) , issue"),
            ("abc:def 12:34:abc", "abc : def 12:34 : abc"),
            ("\"Florian <florian.leitner@gmail.com>\"", "\" Florian < florian.leitner@gmail.com >\""),
            ("We'll see her's too!", "We see her too !"),
            ("don't", "do n't"),
        ] {
            assert_eq!(tokens(text).join(" "), wanted);
        }
    }
}
