//! What a setting must be, in words that are no language's types.

/// What an error of serde says that it expected: `expected u32` is a whole number to those who call from Python. `None` where it says
/// something else.
pub(crate) fn expected(error: &impl std::fmt::Display) -> Option<String> {
    let text = error.to_string();
    let (_, wanted) = text.split_once("expected ")?;
    Some(match wanted {
        "u8" => format!("a whole number from 0 to {}", u8::MAX),
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "u64" | "usize" => "a whole number, not below 0".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" => "a text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        other if other.starts_with("struct ") => "an object".to_owned(),
        other => other.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::expected;
    use serde_json::{from_value, json};

    #[test]
    fn types_are_told_in_words() {
        let wrong = from_value::<u32>(json!(-1)).expect_err("below 0");
        assert_eq!(expected(&wrong).as_deref(), Some("a whole number from 0 to 4294967295"));
        let wrong = from_value::<f64>(json!("much")).expect_err("a text");
        assert_eq!(expected(&wrong).as_deref(), Some("a number"));
        let wrong = from_value::<Vec<bool>>(json!([1])).expect_err("a number");
        assert_eq!(expected(&wrong).as_deref(), Some("true or false"));
        let wrong = from_value::<crate::Preset>(json!("quick")).expect_err("no such preset");
        assert_eq!(expected(&wrong).as_deref(), Some("one of `fast`, `balanced`, `reference`"));
        let wrong = from_value::<crate::AnalyzeOptions>(json!(1)).expect_err("a number");
        assert_eq!(expected(&wrong).as_deref(), Some("an object"));
    }
}
