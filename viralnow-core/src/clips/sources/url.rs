//! Addresses: where a platform is, and what goes into a query.

use crate::{Error, ErrorKind, Result};
use std::fmt::Write;
use ureq::http::Uri;

/// Percent-encodes all but what no address changes (RFC 3986, section 2.3).
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Takes percent-encoding and `+` back.
pub(super) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The names and values of a query.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

/// Names and values as a query.
pub(super) fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pair = |(name, value): (&str, &str)| format!("{}={}", encode(name), encode(value));
    pairs.into_iter().map(pair).collect::<Vec<_>>().join("&")
}

/// Where a platform answers: checked, without a last slash.
pub(super) fn base(text: &str) -> Result<(String, bool)> {
    // The address is not shown: who puts a token into it has a reason to see this error.
    let wrong = |what: &str| Err(Error::new(ErrorKind::InvalidConfig, format!("base_url {what}")));
    let Ok(uri) = text.parse::<Uri>() else { return wrong("is no address") };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return wrong("is no whole address, such as https://api.example.org/v1");
    };
    if authority.as_str().contains('@') || uri.query().is_some() {
        return wrong("holds a password or a query; a token is given on its own");
    }
    let loopback = crate::http::is_loopback(&uri);
    match scheme {
        "https" => {}
        "http" if loopback => {}
        "http" => return wrong("is http: a token goes over https, or to this machine (localhost) alone"),
        _ => return wrong("is neither https nor http"),
    }
    Ok((text.trim_end_matches('/').to_owned(), loopback))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_come_back_as_they_were() {
        let given = [("after", "c3lu==&x"), ("q", "a b+ü#%"), ("empty", "")];
        let text = query(given);
        assert_eq!(text, "after=c3lu%3D%3D%26x&q=a%20b%2B%C3%BC%23%25&empty=");
        let again: Vec<_> = pairs(&text).collect();
        assert!(again.iter().map(|(n, v)| (n.as_str(), v.as_str())).eq(given));
        assert_eq!(decode("100%&%zz%ü+%E2%82%AC%C3"), "100%&%zz%ü €\u{fffd}");
    }

    #[test]
    fn tokens_go_over_https_or_to_this_machine() {
        for good in ["https://a.example/v1/", "http://localhost:8", "http://127.0.0.1:80/x", "http://[::1]:1"]
        {
            let (base, loopback) = base(good).unwrap();
            assert!(!base.ends_with('/') && loopback == good.starts_with("http:"), "{good}");
        }
        for bad in [
            "",
            "/x",
            "a.example",
            "http://a.example",
            "ftp://localhost",
            "https://u:hunter22@a.example",
            "https://a/?t=hunter22",
        ] {
            let error = base(bad).unwrap_err();
            assert!(
                error.kind() == ErrorKind::InvalidConfig && !error.to_string().contains("hunter"),
                "{error}"
            );
        }
    }
}
