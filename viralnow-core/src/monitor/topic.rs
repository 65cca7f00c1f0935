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

#[cfg(test)]
mod tests {
    use super::topic_matches;

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
