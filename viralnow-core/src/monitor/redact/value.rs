//! JSON: keys and values, bounded in depth and size.

use super::Redactor;
use super::checks::{digits, is_card};
use super::mark::marker_at;
use serde_json::{Map, Value};

struct Walk<'a> {
    redactor: &'a Redactor,
    left: usize,
}

pub(super) fn redact(redactor: &Redactor, value: &mut Value) {
    Walk { redactor, left: redactor.max_values }.value(value, 0);
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value, depth: usize) {
        if self.left == 0 {
            *value = dropped("too many values");
            return;
        }
        self.left -= 1;
        match value {
            Value::String(text) => {
                if let std::borrow::Cow::Owned(redacted) = self.redactor.text(text) {
                    *text = redacted;
                }
            }
            Value::Number(number) => {
                let text = number.to_string();
                if text.len() >= 13
                    && text.bytes().all(|b| b.is_ascii_digit())
                    && is_card(&digits(&text))
                    && !self.redactor.is_off("card")
                {
                    *value = self.redactor.marker.mark("card", &text).into();
                }
            }
            Value::Array(_) | Value::Object(_) if depth >= self.redactor.max_depth => {
                *value = dropped("nested too deeply");
            }
            Value::Array(items) => {
                // A header as a pair: ["authorization", "..."].
                if let [Value::String(key), secret] = items.as_mut_slice()
                    && self.redactor.denies(key)
                {
                    self.deny(secret);
                }
                let kept = items.len().min(self.left.max(1));
                if kept < items.len() {
                    items.truncate(kept);
                    items.push(dropped("too many values"));
                }
                items.iter_mut().for_each(|item| self.value(item, depth + 1));
            }
            Value::Object(map) => *map = self.object(std::mem::take(map), depth),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn object(&mut self, mut map: Map<String, Value>, depth: usize) -> Map<String, Value> {
        // A pair as an object: {"name": "password", "value": "..."}.
        let named = ["name", "key", "header", "field"]
            .iter()
            .filter_map(|name| map.get(*name)?.as_str())
            .any(|name| self.redactor.denies(name));
        if let Some(secret) = map.get_mut("value").filter(|_| named) {
            self.deny(secret);
        }
        let mut out = Map::new();
        for (key, mut value) in map {
            if self.left == 0 {
                out.insert("...".to_owned(), dropped("too many values"));
                break;
            }
            if self.redactor.denies(&key) {
                self.left -= 1;
                self.deny(&mut value);
            } else {
                self.value(&mut value, depth + 1);
            }
            let mut name = self.redactor.text(&key).into_owned();
            // Two keys that look the same once redacted are both kept.
            while out.contains_key(&name) {
                name.push('~');
            }
            out.insert(name, value);
        }
        out
    }

    /// Takes out a value whose key says that it is secret. What is neither there nor more than yes or no is kept.
    fn deny(&self, value: &mut Value) {
        let text = match &*value {
            Value::Null | Value::Bool(_) => return,
            Value::String(text) if text.is_empty() || marker_at(text) == Some(text.len()) => return,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        *value = self.redactor.marker.mark("secret", &text).into();
    }
}

fn dropped(why: &str) -> Value {
    format!("[dropped: {why}]").into()
}
