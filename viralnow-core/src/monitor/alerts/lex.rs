//! A condition's words.

use super::ConditionError;
use crate::monitor::units::{self, Unit};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Text(String),
    Glob(String),
    Number(f64, Unit),
    /// `==` and the like, brackets, commas.
    Sign(&'static str),
    End,
}

impl Token {
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Word(word) => word.chars().take(40).collect(),
            Self::Text(_) => "a text".to_owned(),
            Self::Glob(_) => "a glob".to_owned(),
            Self::Number(value, _) => value.to_string(),
            Self::Sign(sign) => (*sign).to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

const SIGNS: &[&str] = &["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "[", "]", ","];

/// Bytes of one condition at most.
const LENGTH: usize = 4096;

/// The words, each with where it begins in bytes.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ConditionError> {
    if text.len() > LENGTH {
        return Err(ConditionError::new(text, 0, "at most 4096 bytes", format!("{} bytes", text.len())));
    }
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        let rest = &text[at..];
        let token = if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if c == '\'' || c == '"' {
            let (inner, length) = quoted(rest, c).ok_or_else(|| {
                ConditionError::new(text, start, format!("a text that ends with {c}"), "the end")
            })?;
            at += length;
            Token::Text(inner)
        } else if c == '/' {
            let (inner, length) = quoted(rest, c)
                .ok_or_else(|| ConditionError::new(text, start, "a glob that ends with /", "the end"))?;
            at += length;
            Token::Glob(inner)
        } else if c.is_ascii_digit() || c == '-' && rest[1..].starts_with(|next: char| next.is_ascii_digit())
        {
            let (value, unit, length) = number(rest).ok_or_else(|| {
                let shown: String = rest
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '%'))
                    .take(20)
                    .collect();
                ConditionError::new(
                    text,
                    start,
                    "a number, with ms, s, m, h, d, B, KB, MB, GB or % if it has a unit",
                    shown,
                )
            })?;
            at += length;
            Token::Number(value, unit)
        } else if c.is_alphabetic() || c == '_' {
            let length = rest
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-')))
                .unwrap_or(rest.len());
            at += length;
            Token::Word(rest[..length].to_owned())
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            at += sign.len();
            Token::Sign(sign)
        } else {
            let expected = if c == '=' {
                "== to compare"
            } else if c == '&' || c == '|' {
                "&& or ||"
            } else {
                "a field, a value or an operator"
            };
            return Err(ConditionError::new(text, start, expected, c.to_string()));
        };
        out.push((start, token));
    }
    out.push((text.len(), Token::End));
    Ok(out)
}

/// To the closing mark; a backslash takes the next letter as it is, but for `\n` and `\t`.
fn quoted(rest: &str, mark: char) -> Option<(String, usize)> {
    let mut inner = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, c)) = letters.next() {
        match c {
            '\\' => match letters.next()?.1 {
                'n' => inner.push('\n'),
                't' => inner.push('\t'),
                other => inner.push(other),
            },
            c if c == mark => return Some((inner, at + c.len_utf8())),
            c => inner.push(c),
        }
    }
    None
}

fn number(rest: &str) -> Option<(f64, Unit, usize)> {
    let sign = usize::from(rest.starts_with('-'));
    let digits = rest[sign..]
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_')))
        .unwrap_or(rest.len() - sign);
    let end = sign + digits;
    let mut letters = rest[end..].find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len() - end);
    if letters == 0 && rest[end..].starts_with('%') {
        letters = 1;
    }
    let (value, unit) = units::parse(&rest[sign..end + letters])?;
    Some((if sign == 1 { -value } else { value }, unit, end + letters))
}
