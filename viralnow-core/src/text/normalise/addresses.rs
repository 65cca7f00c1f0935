//! Internet addresses, hashtags and mentions.

use super::is_tag_character;

/// Ends of addresses that are written without `https://`, and those that are words too, which need a path.
const ENDINGS: &str = "com net org io ly ee app dev gg tv shop store link gov edu uk eu de fr";
const ENDINGS_WITH_PATH: &str = "me be co it to so gl is in us ru pl es";
/// Characters of the longest address without a scheme, up to its path.
const LONGEST: usize = 80;

/// How long the address is that starts here, after this character.
pub(super) fn address(rest: &str, before: Option<char>) -> Option<usize> {
    let starts =
        |prefix: &str| rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    let scheme = ["https://", "http://", "www."].into_iter().find(|prefix| starts(prefix));
    if let Some(scheme) = scheme {
        let length = trimmed(rest);
        return (length > scheme.len()).then_some(length);
    }
    if before == Some('@') {
        // The second half of `ana@b.com`.
        return None;
    }
    let host =
        rest.bytes().take(LONGEST).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    let host = rest[..host.count()].trim_end_matches('.');
    let (name, ending) = host.rsplit_once('.')?;
    let whole = !name.is_empty() && name.split('.').all(|label| !label.is_empty()) && !name.contains("..");
    let is_in = |list: &str| list.split(' ').any(|known| known.eq_ignore_ascii_case(ending));
    let after = rest[host.len()..].chars().next();
    let path = after == Some('/');
    // `3.5/5` is no address, and neither is `ana@b.com`.
    let named = name.bytes().any(|b| b.is_ascii_alphabetic());
    if !whole || !named || after == Some('@') || !(is_in(ENDINGS) || path && is_in(ENDINGS_WITH_PATH)) {
        return None;
    }
    Some(if path || after == Some('?') { trimmed(rest) } else { host.len() })
}

/// Up to the next white space, without the punctuation of the sentence around it.
fn trimmed(rest: &str) -> usize {
    let word = &rest[..rest.find(|c: char| c.is_whitespace() || c.is_control()).unwrap_or(rest.len())];
    let opened = word.contains('(');
    let closes = |c: char| {
        matches!(
            c,
            '.' | ','
                | '!'
                | '?'
                | ';'
                | ':'
                | '\''
                | '"'
                | '”'
                | '’'
                | '»'
                | ']'
                | '}'
                | '>'
                | '*'
                | '。'
                | '、'
        ) || c == ')' && !opened
    };
    word.trim_end_matches(closes).len()
}

/// The hashtag that starts here, without its sign: at least one character that is no digit.
pub(super) fn hashtag(rest: &str) -> Option<&str> {
    let tag = rest.strip_prefix('#').or_else(|| rest.strip_prefix('＃'))?;
    let tag = &tag[..tag.find(|c| !is_tag_character(c)).unwrap_or(tag.len())];
    tag.chars().any(char::is_alphabetic).then_some(tag)
}

/// The name that is mentioned here, without its sign; periods and hyphens within it are part of it.
pub(super) fn mention(rest: &str) -> Option<&str> {
    let name = rest.strip_prefix('@').or_else(|| rest.strip_prefix('＠'))?;
    let end = name.find(|c| !(is_tag_character(c) || matches!(c, '.' | '-'))).unwrap_or(name.len());
    let name = name[..end].trim_end_matches(['.', '-']);
    (name.chars().next().is_some_and(is_tag_character)).then_some(name)
}
