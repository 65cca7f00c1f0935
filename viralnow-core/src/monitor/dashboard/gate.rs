//! Who is let in.

use axum::http::{HeaderMap, Method, StatusCode, Uri};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::net::SocketAddr;

/// The token and the names by which the dashboard may be called.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    /// `None` where the host's own router stands guard.
    token: Option<String>,
    hosts: Vec<String>,
    cookie: String,
}

/// What the dashboard's page sends along with what changes something.
const ASKS: &str = "x-viralnow";

/// What becomes of a request.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    In,
    /// The token came in the address: a cookie is set, and the address without it is asked for.
    Welcome(String),
    Out(StatusCode, &'static str),
}

impl Gate {
    pub(super) fn new(token: Option<String>, address: Option<SocketAddr>, names: &[String]) -> Self {
        let mut hosts: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        let port = address.map_or(0, |address| address.port());
        if let Some(address) = address {
            hosts.extend([
                format!("localhost:{port}"),
                format!("127.0.0.1:{port}"),
                format!("[::1]:{port}"),
                address.to_string(),
            ]);
        }
        // Cookies do not know ports: two dashboards on one machine have two names.
        Self { token, hosts, cookie: format!("viralnow_{port}") }
    }

    /// 128 random bits of the system's, in hexadecimal.
    pub(super) fn new_token() -> String {
        let mut hash = Sha256::new();
        hash.update(uuid::Uuid::now_v7().as_bytes());
        hash.update(uuid::Uuid::now_v7().as_bytes());
        hash.finalize().iter().take(16).fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    }

    pub(super) fn judge(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Verdict {
        if !self.hosts.is_empty() {
            let host = text(headers, "host")
                .or_else(|| uri.authority().map(|a| a.as_str().to_owned()))
                .unwrap_or_default();
            let bare = host.split(':').next().unwrap_or_default();
            // A page elsewhere whose name was made to lead here (DNS rebinding) still calls us by its own name.
            if !self
                .hosts
                .iter()
                .any(|known| *known == host.to_ascii_lowercase() || *known == bare.to_ascii_lowercase())
            {
                return Verdict::Out(
                    StatusCode::MISDIRECTED_REQUEST,
                    "the dashboard is not called by this name; see dashboard.allowed_hosts",
                );
            }
            if let Some(origin) = text(headers, "origin")
                && origin.split_once("://").is_none_or(|(_, from)| !from.eq_ignore_ascii_case(&host))
            {
                return Verdict::Out(StatusCode::FORBIDDEN, "another site's page asks");
            }
        }
        let crosses =
            text(headers, "sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site");
        let opens =
            text(headers, "sec-fetch-mode").is_some_and(|mode| mode == "navigate") && method == Method::GET;
        if crosses && !opens {
            return Verdict::Out(StatusCode::FORBIDDEN, "another site's page asks");
        }
        let Some(token) = &self.token else {
            // Browsers say where a request comes from only where it is encrypted; no page elsewhere can set a header of its own.
            let reads = method == Method::GET || method == Method::HEAD;
            return if reads || headers.contains_key(ASKS) {
                Verdict::In
            } else {
                Verdict::Out(
                    StatusCode::FORBIDDEN,
                    "another site's page may ask; the dashboard sends `x-viralnow`",
                )
            };
        };
        if uri.path() == "/healthz" {
            return Verdict::In;
        }
        let given = uri
            .query()
            .into_iter()
            .flat_map(|query| query.split('&'))
            .find_map(|pair| pair.strip_prefix("token="));
        if method == Method::GET && uri.path() == "/" && given.is_some_and(|given| equal(given, token)) {
            return Verdict::Welcome(format!("{}={token}; HttpOnly; SameSite=Strict; Path=/", self.cookie));
        }
        let bearer =
            text(headers, "authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
        let cookies = text(headers, "cookie").unwrap_or_default();
        let cookie = cookies
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == self.cookie);
        if bearer.is_some_and(|given| equal(&given, token))
            || cookie.is_some_and(|(_, given)| equal(given, token))
        {
            return Verdict::In;
        }
        Verdict::Out(
            StatusCode::UNAUTHORIZED,
            "open the address with the token, which was printed when the dashboard started; a program sends it as `Authorization: Bearer <token>`",
        )
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// In the same time wherever they differ.
fn equal(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(gate: &Gate, method: &str, uri: &str, pairs: &[(&'static str, &str)]) -> Verdict {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        gate.judge(&method.parse().unwrap(), &uri.parse().unwrap(), &headers)
    }

    fn is_out(verdict: &Verdict, status: u16) -> bool {
        matches!(verdict, Verdict::Out(code, _) if code.as_u16() == status)
    }

    #[test]
    fn only_who_has_the_token_and_calls_us_by_our_name_is_let_in() {
        let gate = Gate::new(
            Some("abc123".into()),
            Some("127.0.0.1:5000".parse().unwrap()),
            &["dash.example".into()],
        );
        let host = ("host", "127.0.0.1:5000");
        let cookie = ("cookie", "a=b; viralnow_5000=abc123");
        assert!(is_out(&judge(&gate, "GET", "/", &[host]), 401));
        assert!(is_out(&judge(&gate, "GET", "/?token=abc124", &[host]), 401));
        assert!(
            matches!(judge(&gate, "GET", "/?token=abc123", &[host]), Verdict::Welcome(c) if c.contains("HttpOnly; SameSite=Strict"))
        );
        assert!(is_out(&judge(&gate, "GET", "/api/status?token=abc123", &[host]), 401));
        assert_eq!(judge(&gate, "GET", "/api/status", &[host, cookie]), Verdict::In);
        assert_eq!(judge(&gate, "GET", "/metrics", &[host, ("authorization", "Bearer abc123")]), Verdict::In);
        assert!(is_out(&judge(&gate, "GET", "/metrics", &[host, ("authorization", "Bearer abc1234")]), 401));
        assert_eq!(judge(&gate, "GET", "/healthz", &[host]), Verdict::In);
        for name in ["localhost:5000", "[::1]:5000", "dash.example", "DASH.example:443"] {
            assert_eq!(judge(&gate, "GET", "/x", &[("host", name), cookie]), Verdict::In, "{name}");
        }
        for name in ["evil.example", "evil.example:5000", "127.0.0.1:5001", "localhost", ""] {
            assert!(is_out(&judge(&gate, "GET", "/x", &[("host", name), cookie]), 421), "{name}");
        }
        assert!(is_out(&judge(&gate, "POST", "/x", &[host, cookie, ("origin", "http://evil.example")]), 403));
        assert!(is_out(&judge(&gate, "POST", "/x", &[host, cookie, ("origin", "null")]), 403));
        assert_eq!(
            judge(&gate, "POST", "/x", &[host, cookie, ("origin", "http://127.0.0.1:5000")]),
            Verdict::In
        );
        assert!(is_out(&judge(&gate, "GET", "/x", &[host, cookie, ("sec-fetch-site", "cross-site")]), 403));
        let opened = [host, cookie, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert_eq!(judge(&gate, "GET", "/", &opened), Verdict::In);
        assert_ne!(Gate::new_token(), Gate::new_token());
        // Where the host stands guard.
        let mounted = Gate::new(None, None, &[]);
        assert_eq!(judge(&mounted, "GET", "/x", &[]), Verdict::In);
        assert!(is_out(&judge(&mounted, "POST", "/x", &[("origin", "http://evil.example")]), 403));
        assert_eq!(judge(&mounted, "POST", "/x", &[("x-viralnow", "1")]), Verdict::In);
        assert!(is_out(
            &judge(&mounted, "POST", "/x", &[("x-viralnow", "1"), ("sec-fetch-site", "cross-site")]),
            403
        ));
    }
}
