//! Numbers with units, as settings and conditions have them: `250ms`, `2m`, `10MB`, `5%`.

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// A bare number.
    None,
    /// Seconds.
    Time,
    /// Bytes.
    Size,
    /// A share of 1.
    Share,
}

/// Every suffix with what it stands for. A `MB` is a million bytes, a `MiB` 1,048,576.
const SUFFIXES: &[(&str, Unit, f64)] = &[
    ("ns", Unit::Time, 1e-9),
    ("us", Unit::Time, 1e-6),
    ("µs", Unit::Time, 1e-6),
    ("ms", Unit::Time, 1e-3),
    ("s", Unit::Time, 1.0),
    ("m", Unit::Time, 60.0),
    ("min", Unit::Time, 60.0),
    ("h", Unit::Time, 3600.0),
    ("d", Unit::Time, 86_400.0),
    ("B", Unit::Size, 1.0),
    ("kB", Unit::Size, 1e3),
    ("KB", Unit::Size, 1e3),
    ("MB", Unit::Size, 1e6),
    ("GB", Unit::Size, 1e9),
    ("KiB", Unit::Size, 1024.0),
    ("MiB", Unit::Size, 1_048_576.0),
    ("GiB", Unit::Size, 1_073_741_824.0),
    ("%", Unit::Share, 0.01),
];

/// What a suffix stands for; the empty one is a bare number.
pub(super) fn suffix(text: &str) -> Option<(Unit, f64)> {
    if text.is_empty() {
        return Some((Unit::None, 1.0));
    }
    SUFFIXES.iter().find(|(name, ..)| *name == text).map(|(_, unit, factor)| (*unit, *factor))
}

/// The suffixes of one unit.
pub(super) fn suffixes(unit: Unit) -> impl Iterator<Item = &'static str> {
    SUFFIXES.iter().filter(move |(_, of, _)| *of == unit).map(|(name, ..)| *name)
}

/// A number with or without a unit, in seconds, bytes or shares of 1.
pub(super) fn parse(text: &str) -> Option<(f64, Unit)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_'))).unwrap_or(text.len());
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    let (unit, factor) = suffix(text[end..].trim())?;
    let value = number * factor;
    value.is_finite().then_some((value, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_units() {
        assert_eq!(parse("250ms"), Some((0.25, Unit::Time)));
        assert_eq!(parse("2 m"), Some((120.0, Unit::Time)));
        assert_eq!(parse("1.5h"), Some((5400.0, Unit::Time)));
        assert_eq!(parse("10MiB"), Some((10_485_760.0, Unit::Size)));
        assert_eq!(parse("10MB"), Some((10_000_000.0, Unit::Size)));
        assert_eq!(parse("5%"), Some((0.05, Unit::Share)));
        assert_eq!(parse("1_000"), Some((1000.0, Unit::None)));
        for wrong in ["", "m", "-1s", "1x", "1e9", "1 2", "..", "1.2.3s", "1mb"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
