//! Patterns over dotted topics.

/// Whether a topic such as `function.completed` fits a pattern: `*` stands for exactly one segment, and `**` at the end
/// for one or more.
///
/// ```
/// use viralnow_core::monitor::topic_matches;
/// assert!(topic_matches("function.*", "function.completed"));
/// assert!(!topic_matches("function.*", "function"));
/// assert!(topic_matches("progress.**", "progress.step.decode"));
/// assert!(topic_matches("**", "anything"));
/// ```
#[must_use]
pub fn topic_matches(pattern: &str, topic: &str) -> bool {
    let mut segments = topic.split('.');
    let mut patterns = pattern.split('.').peekable();
    while let Some(wanted) = patterns.next() {
        let Some(segment) = segments.next() else { return false };
        if wanted == "**" && patterns.peek().is_none() {
            return true;
        }
        if wanted != "*" && wanted != segment {
            return false;
        }
    }
    segments.next().is_none()
}

/// Whether a name such as `score_clip` fits a pattern in which `*` stands for any characters, also none, and `?` for
/// one.
///
/// ```
/// use viralnow_core::monitor::name_matches;
/// assert!(name_matches("score*", "score_clip") && name_matches("*", ""));
/// assert!(!name_matches("score", "score_clip"));
/// ```
#[must_use]
pub fn name_matches(pattern: &str, name: &str) -> bool {
    // The last star and where its match began: going back there is enough, so the time is the product of the lengths.
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut back) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    (p, n) = (star + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::{name_matches, topic_matches};

    #[test]
    fn names_match_by_glob() {
        for (pattern, name, fits) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "abcd", false),
            ("a*b*c", "aXbYbZc", true),
            ("?b", "ab", true),
            ("?b", "b", false),
            ("**a", "bba", true),
            ("naïve*", "naïveté", true),
        ] {
            assert_eq!(name_matches(pattern, name), fits, "{pattern} against {name}");
        }
    }

    #[test]
    fn patterns_match_by_segment() {
        let table = [
            ("a.b", "a.b", true),
            ("a.b", "a.c", false),
            ("a.b", "a.b.c", false),
            ("a", "a.b", false),
            ("*", "a", true),
            ("*", "a.b", false),
            ("*.b", "a.b", true),
            ("a.*.c", "a.b.c", true),
            ("a.*.c", "a.c", false),
            ("a.*", "a", false),
            ("a.**", "a.b", true),
            ("a.**", "a.b.c.d", true),
            ("a.**", "a", false),
            ("a.**", "b.c", false),
            ("**", "a.b.c", true),
            // `**` is a wildcard at the end alone.
            ("**.b", "a.b", false),
            ("a.**.c", "a.b.c", false),
            // A star inside a segment is literal.
            ("fetch*", "fetch_all", false),
            ("", "", true),
            ("", "a", false),
        ];
        for (pattern, topic, fits) in table {
            assert_eq!(topic_matches(pattern, topic), fits, "{pattern} against {topic}");
        }
    }
}
