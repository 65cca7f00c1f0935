//! Where a notice may be sent: over TLS, or not beyond this machine.

use crate::{Error, ErrorKind, Result};

/// The address, checked: https, or http to this machine; no password in it. The address is in no error, for it may hold a token.
pub(crate) fn target(url: &str) -> Result<&str> {
    let wrong = |what: &str| Err(Error::new(ErrorKind::InvalidConfig, format!("the webhook's url {what}")));
    if url.len() > 2048 || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return wrong("is no address");
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return wrong("is no whole address, such as https://example.org/hook");
    };
    let authority = &rest[..rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())];
    if authority.contains('@') {
        return wrong("holds a password; requests are signed instead");
    }
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    if host.is_empty() {
        return wrong("names no host");
    }
    let loopback = host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        "http" => wrong("is http: notices go over https, or to this machine alone"),
        _ => wrong("is neither https nor http"),
    }
}
