//! The many addresses of one post.

/// What an address says: the platform and the post's id on it, else the address without what does not name the page. `None` of
/// what is no address.
///
/// ```
/// use viralnow_core::clips::canonical_url;
/// for url in ["https://youtu.be/dQw4w9WgXcQ?t=3", "http://m.youtube.com/watch?feature=x&v=dQw4w9WgXcQ", "https://www.youtube.com/shorts/dQw4w9WgXcQ"] {
///     assert_eq!(canonical_url(url).as_deref(), Some("youtube:dQw4w9WgXcQ"));
/// }
/// assert_eq!(canonical_url("https://x.com/a/status/123?s=20"), canonical_url("https://twitter.com/b/status/123/photo/1"));
/// assert_eq!(canonical_url("not an address"), None);
/// ```
#[must_use]
pub fn canonical_url(url: &str) -> Option<String> {
    let rest = url.trim();
    let rest = rest
        .split_once("://")
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))?
        .1;
    let rest = rest.split('#').next()?;
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let host = host.rsplit('@').next()?.to_ascii_lowercase();
    let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(&host);
    if host.is_empty() || host.contains(char::is_whitespace) {
        return None;
    }
    let host =
        ["www.", "m.", "mobile.", "vm."].iter().find_map(|prefix| host.strip_prefix(prefix)).unwrap_or(host);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let after = |names: &[&str]| parts.windows(2).find(|pair| names.contains(&pair[0])).map(|pair| pair[1]);
    let post = match host {
        "youtu.be" => parts.first().copied().map(|id| ("youtube", id)),
        "youtube.com" | "youtube-nocookie.com" | "music.youtube.com" => {
            parameter("v").or_else(|| after(&["shorts", "embed", "live", "v"])).map(|id| ("youtube", id))
        }
        "tiktok.com" => after(&["video", "photo", "v"]).map(|id| ("tiktok", id.trim_end_matches(".html"))),
        "instagram.com" | "instagr.am" => after(&["p", "reel", "reels", "tv"]).map(|id| ("instagram", id)),
        "x.com" | "twitter.com" => after(&["status", "statuses"]).map(|id| ("x", id)),
        _ => None,
    };
    if let Some((platform, id)) = post.filter(|(_, id)| !id.is_empty()) {
        return Some(format!("{platform}:{id}"));
    }
    let mut kept: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
    kept.sort_unstable();
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    Some(format!("{host}/{}{query}", parts.join("/")))
}

/// Parameters that say where a reader came from, not what is read.
fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    name.starts_with("utm_")
        || matches!(
            name,
            "fbclid" | "gclid" | "igsh" | "igshid" | "si" | "feature" | "ref" | "ref_src" | "s" | "t"
        )
}

#[cfg(test)]
mod tests {
    use super::canonical_url;

    #[test]
    fn the_forms_of_a_post_are_one() {
        for (url, expected) in [
            (
                "https://www.tiktok.com/@user/video/7300000000000000001?is_from_webapp=1",
                Some("tiktok:7300000000000000001"),
            ),
            ("https://m.tiktok.com/v/7300000000000000001.html", Some("tiktok:7300000000000000001")),
            ("https://www.instagram.com/reel/CabcDEF/?igsh=xyz", Some("instagram:CabcDEF")),
            ("https://instagram.com/p/CabcDEF", Some("instagram:CabcDEF")),
            ("HTTPS://YouTube.com/embed/abc", Some("youtube:abc")),
            ("https://youtube.com/@channel", Some("youtube.com/@channel")),
            ("https://example.org/a//b/?utm_source=x&id=2&a=1#part", Some("example.org/a/b?a=1&id=2")),
            ("https://user@example.org:443", Some("example.org/")),
            ("ftp://example.org/x", None),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(canonical_url(url).as_deref(), expected, "{url}");
        }
    }
}
