//! JSON that knows where each of its values stands. `serde_json` does not keep that, takes the last of two equal keys without a word,
//! and stops at the first error of a type.

/// A place in a file: both from 1 on, columns in letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) at: Place,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Null,
    Bool(bool),
    /// As it is written, and its value.
    Number(String, f64),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file, equal keys included.
    Object(Vec<(Place, String, Node)>),
}

impl Node {
    /// Where a key of the whole stands; of a path its first part.
    pub(super) fn place(&self, path: &str) -> Option<Place> {
        let key = path.split('.').next()?;
        let What::Object(pairs) = &self.what else { return None };
        pairs.iter().rev().find(|(_, name, _)| name == key).map(|(at, ..)| *at)
    }
}

/// The text is no JSON.
#[derive(Debug, PartialEq)]
pub(super) struct Broken {
    pub(super) at: Place,
    pub(super) expected: &'static str,
}

const DEPTH: usize = 64;

pub(super) fn parse(text: &str) -> Result<Node, Broken> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser { text, at: 0, place: Place { line: 1, column: 1 } };
    let node = parser.value(0)?;
    parser.space();
    if parser.at < text.len() {
        return Err(parser.broken("the end of the file"));
    }
    Ok(node)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    place: Place,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        if c == '\n' {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else {
            self.place.column += 1;
        }
        Some(c)
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) {
            self.take();
        }
    }

    fn broken(&self, expected: &'static str) -> Broken {
        Broken { at: self.place, expected }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Broken> {
        self.space();
        let at = self.place;
        if depth > DEPTH {
            return Err(self.broken("at most 64 levels of lists and objects"));
        }
        let what = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.list(depth)?,
            Some('"') => What::Text(self.string()?),
            Some(c) if c == '-' || c.is_ascii_digit() => self.number()?,
            Some('t') => self.word("true", What::Bool(true))?,
            Some('f') => self.word("false", What::Bool(false))?,
            Some('n') => self.word("null", What::Null)?,
            _ => return Err(self.broken("a value")),
        };
        Ok(Node { at, what })
    }

    fn word(&mut self, word: &'static str, what: What) -> Result<What, Broken> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.broken("a value"));
        }
        word.chars().for_each(|_| {
            self.take();
        });
        Ok(what)
    }

    fn number(&mut self) -> Result<What, Broken> {
        let (start, wrong) = (self.at, self.broken("a number"));
        while self.peek().is_some_and(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')) {
            self.take();
        }
        let text = &self.text[start..self.at];
        // JSON's own rules for numbers (no leading zeros, no bare point).
        match serde_json::from_str::<f64>(text) {
            Ok(value) if value.is_finite() => Ok(What::Number(text.to_owned(), value)),
            _ => Err(wrong),
        }
    }

    fn string(&mut self) -> Result<String, Broken> {
        let (start, begin) = (self.at, self.place);
        self.take();
        loop {
            match self.take() {
                Some('"') => break,
                Some('\\') => {
                    self.take();
                }
                Some('\n') | None => {
                    return Err(Broken { at: begin, expected: "a text that ends on its line" });
                }
                Some(_) => {}
            }
        }
        serde_json::from_str(&self.text[start..self.at]).map_err(|_| Broken {
            at: begin,
            expected: "a text with right escapes (a backslash is written \\\\)",
        })
    }

    fn list(&mut self, depth: usize) -> Result<What, Broken> {
        self.take();
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(']') {
            self.take();
            return Ok(What::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(',') => {
                    self.take();
                }
                Some(']') => {
                    self.take();
                    return Ok(What::List(items));
                }
                _ => return Err(self.broken("a comma or ]")),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<What, Broken> {
        self.take();
        let mut pairs = Vec::new();
        self.space();
        if self.peek() == Some('}') {
            self.take();
            return Ok(What::Object(pairs));
        }
        loop {
            self.space();
            let at = self.place;
            if self.peek() != Some('"') {
                return Err(self.broken("a key in double quotes (no comma stands after the last pair)"));
            }
            let key = self.string()?;
            self.space();
            if self.peek() != Some(':') {
                return Err(self.broken("a colon"));
            }
            self.take();
            pairs.push((at, key, self.value(depth + 1)?));
            self.space();
            match self.peek() {
                Some(',') => {
                    self.take();
                }
                Some('}') => {
                    self.take();
                    return Ok(What::Object(pairs));
                }
                _ => return Err(self.broken("a comma or }")),
            }
        }
    }
}

impl Node {
    /// As it is shown in an error: short, and of lists and objects only what they are.
    pub(super) fn shown(&self) -> String {
        match &self.what {
            What::Null => "null".to_owned(),
            What::Bool(yes) => yes.to_string(),
            What::Number(text, _) => text.chars().take(32).collect(),
            What::Text(text) if text.chars().count() > 40 => {
                format!("{:?}...", text.chars().take(40).collect::<String>())
            }
            What::Text(text) => format!("{text:?}"),
            What::List(items) => format!("a list of {}", items.len()),
            What::Object(pairs) => format!("an object of {}", pairs.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_where_they_stand() {
        let node = parse("{\n  \"a\": [1, \"é\", {\"b\": null}],\n  \"a\": -1.5e2\n}").unwrap();
        let What::Object(pairs) = &node.what else { panic!() };
        assert_eq!((pairs[0].0, pairs[1].0), (Place { line: 2, column: 3 }, Place { line: 3, column: 3 }));
        let What::List(items) = &pairs[0].2.what else { panic!() };
        assert_eq!(
            (items[1].at, items[2].at),
            (Place { line: 2, column: 12 }, Place { line: 2, column: 17 })
        );
        assert_eq!(pairs[1].2.what, What::Number("-1.5e2".to_owned(), -150.0));
    }

    #[test]
    fn what_serde_json_refuses_is_refused_and_what_it_takes_is_taken() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "{'a':1}",
            "01",
            "1.",
            ".5",
            "+1",
            "nul",
            "\"a\nb\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "1e999",
            "[1 2]",
            "{\"a\" 1}",
            "{\"a\":1} x",
            "//",
            "NaN",
            "\"a",
            "-",
            "1e",
            "{a:1}",
            "[1}",
            deep.as_str(),
            "\u{feff}",
            "\"\u{1}\"",
        ] {
            assert!(parse(text).is_err(), "{}", &text[..text.len().min(20)]);
            assert!(serde_json::from_str::<serde_json::Value>(text).is_err());
        }
        for text in [
            "1",
            "-0",
            "1e5",
            "\"\\u00e9\\n\\\"\"",
            "[]",
            "{}",
            "[[[]]]",
            " {\"a\" : [ 1 , 2 ] } ",
            "\"日本\"",
        ] {
            assert!(parse(text).is_ok() && serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        }
    }
}
