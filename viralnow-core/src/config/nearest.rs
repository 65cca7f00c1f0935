//! "Did you mean": the known name that a wrong one is nearest to.

/// The known name that is at most three letters off, and less than half of the name, if there is one.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.chars().count() / 2).clamp(1, 3);
    let by_distance =
        known.into_iter().map(|other| (edits(name.chars(), &other.chars().collect::<Vec<_>>()), other));
    by_distance.min().filter(|(off, _)| *off <= most).map(|(_, other)| other)
}

/// Signs to add, take or change from the one to the other (Levenshtein 1966).
pub(crate) fn edits<T: PartialEq>(a: impl IntoIterator<Item = T>, b: &[T]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.into_iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{edits, nearest};

    #[test]
    fn a_slip_is_seen_and_another_word_is_not() {
        let known = ["log_level", "alerts", "dashboard_port"];
        assert_eq!(nearest("log_levle", known), Some("log_level"));
        assert_eq!(nearest("alert", known), Some("alerts"));
        assert_eq!(nearest("port", known), None);
        assert_eq!(nearest("", known), None);
    }

    #[test]
    fn the_distance_of_words() {
        let signs = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(edits("kitten".chars(), &signs("sitting")), 3);
        assert_eq!(edits("".chars(), &signs("abc")), 3);
    }
}
