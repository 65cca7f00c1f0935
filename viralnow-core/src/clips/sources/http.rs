//! Requests to a platform: bounded in time and size, tried again where that may help, counted; the token goes nowhere else.

use super::refusal::{Rules, Said, header, refusal};
use super::retry::{RetryPolicy, asked, date, wait};
use super::secret::Secret;
use super::url::{base, query};
use super::usage::Usage;
use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::Read;
use std::time::{Duration, Instant};
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

/// How requests are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpOptions {
    /// Where the platform answers, for a proxy or a test; the platform's own address by default. Over http only to this machine.
    pub base_url: Option<String>,
    /// Seconds that one request may take, from connecting to the answer's last byte.
    pub timeout_s: f64,
    /// Bytes of one answer at most.
    pub max_response_bytes: u64,
    /// When a request is tried again.
    pub retry: RetryPolicy,
    /// Whether the key or token stands in the address (`YouTube`'s `key`, Instagram's `access_token`) or in a header. By default in a
    /// header, but with Instagram, whose documentation has it in the address. Whoever logs addresses on the way logs it there.
    pub token_in_query: Option<bool>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            base_url: None,
            timeout_s: 30.0,
            max_response_bytes: 16 << 20,
            retry: RetryPolicy::default(),
            token_in_query: None,
        }
    }
}

/// One request: everything but the token.
#[derive(Debug, Default)]
pub(super) struct Request<'a> {
    /// Below the base address, with a slash before it; its parts are encoded.
    pub(super) path: String,
    /// The query.
    pub(super) query: Vec<(&'a str, String)>,
    /// What is posted; without it the request is a GET.
    pub(super) body: Option<Value>,
    /// Units that it costs.
    pub(super) cost: u64,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// Its JSON, without the token.
    pub(super) body: Value,
    /// When it came.
    pub(super) time: Timestamp,
}

/// A failure, and whether another try may help.
struct Failure {
    error: Error,
    retry: Retry,
}

enum Retry {
    Never,
    Backoff,
    After(Duration),
}

impl Failure {
    fn never(error: Error) -> Self {
        Self { error, retry: Retry::Never }
    }
}

/// Where the HTTP library writes all that goes over the wire, tokens included, once a logger takes its level `trace`.
const TALKATIVE: [&str; 2] = ["ureq_proto::util", "ureq::util"];

/// Refuses to send a token that the host's logger would write down.
fn unheard() -> Result<()> {
    match TALKATIVE.iter().find(|target| log::log_enabled!(target: target, log::Level::Trace)) {
        None => Ok(()),
        Some(target) => Err(Error::new(
            ErrorKind::InvalidConfig,
            "the logger would write the token down: it takes the HTTP library's level trace; set ureq and ureq_proto to debug",
        )
        .with("target", target)),
    }
}

/// Talks to one platform with one token.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    base: String,
    secret: Secret,
    options: HttpOptions,
    rules: &'static Rules,
    pub(super) usage: Usage,
}

impl Client {
    pub(super) fn new(rules: &'static Rules, secret: Secret, options: HttpOptions) -> Result<Self> {
        options.retry.validate()?;
        if !(0.001..=3600.0).contains(&options.timeout_s) || options.max_response_bytes == 0 {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "timeout_s is 0.001 to 3600, max_response_bytes more than 0",
            ));
        }
        if options.token_in_query == Some(true) && rules.parameter.is_none() {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "this platform takes a token in a header alone",
            )
            .with("platform", rules.name));
        }
        let (base, loopback) = base(options.base_url.as_deref().unwrap_or(rules.base))?;
        let agent = crate::http::config(loopback)
            // A redirect is answered by nobody: the token is not passed on.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .new_agent();
        let missing = rules.missing.iter().copied().collect();
        let usage = Usage { limit: rules.limit, missing, ..Usage::default() };
        Ok(Self { agent, base, secret, options, rules, usage })
    }

    /// Sends a request until it is answered, may not be tried again, or the tries are used up.
    pub(super) fn send(&mut self, request: &Request<'_>, run: &mut Run) -> Result<Answer> {
        unheard()?;
        let policy = self.options.retry;
        for tried in 1.. {
            run.advance(0.0)?;
            self.usage.requests += 1;
            self.usage.retries += u64::from(tried > 1);
            let Failure { error, retry } = match self.attempt(request, run) {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let pause = match retry {
                Retry::Never => return Err(error),
                Retry::Backoff => policy.backoff(tried),
                // A little later than asked, each program at its own moment.
                Retry::After(asked) if asked.as_secs_f64() <= policy.max_wait_s => {
                    asked + policy.backoff(1).min(Duration::from_secs(1))
                }
                Retry::After(asked) => {
                    return Err(error.with("retry_after_s", asked.as_secs()));
                }
            };
            let too_late = run.deadline().is_some_and(|deadline| Instant::now() + pause >= deadline);
            if tried >= policy.tries || too_late {
                return Err(error.with("tries", tried));
            }
            let (name, code) = (self.rules.name, error.kind().code());
            let told = json!({ "platform": name, "try": tried, "wait_s": pause.as_secs_f64(), "code": code });
            run.scope().publish("source.retry", told);
            wait(pause, run)?;
            self.usage.waited_s += pause.as_secs_f64();
        }
        Err(Error::new(ErrorKind::Internal, "the tries never end"))
    }

    fn attempt(&mut self, request: &Request<'_>, run: &mut Run) -> Result<Answer, Failure> {
        let mut response = self.exchange(request, run).map_err(|error| self.broken(&error))?;
        // The platform has counted it.
        self.usage.units += request.cost;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let time = Timestamp::now();
        let clock = header(&headers, "date").and_then(date).unwrap_or(time);
        self.usage.resets_at = (self.rules.window_ends)(clock);
        (self.rules.read_limits)(&mut self.usage, &headers, clock);
        if (300..400).contains(&status) {
            return Err(Failure::never(self.redirected(status, &headers)));
        }
        let text = self.read(response.body_mut(), run)?;
        let mut body = match serde_json::from_slice::<Value>(&text) {
            Ok(body) => body,
            // An error page of some server on the way; its status says enough.
            Err(_) if status >= 400 => Value::Null,
            Err(error) => {
                return Err(Failure::never(
                    Error::new(ErrorKind::DecodeFailed, "what the platform answered is not JSON")
                        .with("platform", self.rules.name)
                        .with("status", status)
                        .with("bytes", text.len())
                        .caused_by(error),
                ));
            }
        };
        self.secret.scrub_value(&mut body);
        let said = (self.rules.said)(&body);
        if (200..300).contains(&status) && said.status.is_none() {
            return Ok(Answer { body, time });
        }
        Err(self.refused(status, &said, &headers, clock))
    }

    /// The refusal, and whether to come again.
    fn refused(&self, status: u16, said: &Said, headers: &HeaderMap, clock: Timestamp) -> Failure {
        let named = asked(header(headers, "retry-after"), header(headers, "x-rate-limit-reset"), clock);
        let resets_at = named.and_then(|wait| clock.checked_add(wait).ok()).or(self.usage.resets_at);
        let error = refusal(self.rules, status, said, resets_at);
        let retry = match said.status.unwrap_or(status) {
            _ if said.quota => Retry::Never,
            429 => named.map_or(Retry::Backoff, Retry::After),
            // As servers under maintenance say it.
            503 => header(headers, "retry-after").and(named).map_or(Retry::Backoff, Retry::After),
            500..=599 => Retry::Backoff,
            _ => Retry::Never,
        };
        Failure { error, retry }
    }

    fn exchange(&self, request: &Request<'_>, run: &Run) -> Result<Response<Body>, ureq::Error> {
        let mut pairs: Vec<(&str, &str)> = request.query.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let wanted = self.options.token_in_query.unwrap_or(self.rules.in_query);
        let in_query = self.rules.parameter.filter(|_| wanted);
        pairs.extend(in_query.map(|name| (name, self.secret.expose())));
        let mark = if pairs.is_empty() { "" } else { "?" };
        let url = format!("{}{}{mark}{}", self.base, request.path, query(pairs));
        let left = run.deadline().map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = Duration::from_secs_f64(self.options.timeout_s);
        let timeout = left.map_or(timeout, |left| left.clamp(Duration::from_millis(1), timeout));
        let (name, before) = self.rules.header;
        let token = in_query.is_none().then(|| format!("{before}{}", self.secret.expose()));
        match &request.body {
            None => {
                let builder = self.agent.get(&url).config().timeout_global(Some(timeout)).build();
                match token {
                    Some(token) => builder.header(name, token),
                    None => builder,
                }
                .call()
            }
            Some(body) => {
                let builder = self.agent.post(&url).config().timeout_global(Some(timeout)).build();
                match token {
                    Some(token) => builder.header(name, token),
                    None => builder,
                }
                .header("content-type", "application/json")
                .send(body.to_string())
            }
        }
    }

    /// The whole answer, as long as it is not too long; between its parts the host may stop.
    fn read(&self, body: &mut Body, run: &mut Run) -> Result<Vec<u8>, Failure> {
        let most = self.options.max_response_bytes;
        // One byte more than we take, so that its being too long is seen here.
        let mut reader = body.with_config().limit(most.saturating_add(1)).reader();
        let (mut text, mut part) = (Vec::new(), vec![0; 1 << 14]);
        loop {
            run.advance(0.0).map_err(Failure::never)?;
            let count = match reader.read(&mut part) {
                Ok(0) => return Ok(text),
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.broken(&ureq::Error::from(error))),
            };
            text.extend_from_slice(&part[..count]);
            if text.len() as u64 > most {
                return Err(Failure::never(self.too_long(most)));
            }
        }
    }

    fn too_long(&self, most: u64) -> Error {
        Error::new(
            ErrorKind::LimitExceeded,
            "the platform's answer is too long; ask for less, or raise max_response_bytes",
        )
        .with("platform", self.rules.name)
        .with("max_response_bytes", most)
    }

    fn redirected(&self, status: u16, headers: &HeaderMap) -> Error {
        let target = header(headers, "location").and_then(|to| to.parse::<ureq::http::Uri>().ok());
        let host = target.as_ref().and_then(|to| to.host()).unwrap_or("the same host");
        Error::new(
            ErrorKind::PermissionDenied,
            "the platform sends us elsewhere; the token does not go along: set base_url, if that place is right",
        )
        .with("platform", self.rules.name)
        .with("status", status)
        .with("to_host", self.secret.scrub(host))
    }

    /// A connection that failed. What the HTTP library says may hold the address, so only what cannot is passed on.
    fn broken(&self, error: &ureq::Error) -> Failure {
        let named = |kind, what: &str| Error::new(kind, what).with("platform", self.rules.name);
        let (error, retry) = match error {
            ureq::Error::Timeout(_) => {
                let what = "the platform did not answer in time; raise timeout_s, or come again later";
                (named(ErrorKind::Timeout, what).with("timeout_s", self.options.timeout_s), Retry::Backoff)
            }
            ureq::Error::HostNotFound => {
                (named(ErrorKind::Io, "the platform's host is not found; is there a network?"), Retry::Backoff)
            }
            ureq::Error::BodyExceedsLimit(_) => {
                (self.too_long(self.options.max_response_bytes), Retry::Never)
            }
            ureq::Error::LargeResponseHeader(..) => {
                (named(ErrorKind::LimitExceeded, "the platform's answer has too long a header"), Retry::Never)
            }
            ureq::Error::Io(source) if source.kind() == std::io::ErrorKind::TimedOut => {
                let what = "the platform did not answer in time; raise timeout_s, or come again later";
                (named(ErrorKind::Timeout, what).with("timeout_s", self.options.timeout_s), Retry::Backoff)
            }
            ureq::Error::Io(source) if source.kind() == std::io::ErrorKind::InvalidData => (
                named(
                    ErrorKind::PermissionDenied,
                    "no safe connection to the platform; are the system's certificates there (ca-certificates, SSL_CERT_FILE)?",
                )
                .caused_by(self.secret.scrub(&source.to_string())),
                Retry::Never,
            ),
            ureq::Error::Io(source) => (
                named(ErrorKind::Io, "the connection to the platform failed")
                    .caused_by(self.secret.scrub(&source.to_string())),
                Retry::Backoff,
            ),
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) | ureq::Error::TlsRequired => (
                named(
                    ErrorKind::PermissionDenied,
                    "no safe connection to the platform; are the system's certificates there (ca-certificates, SSL_CERT_FILE)?",
                ),
                Retry::Never,
            ),
            ureq::Error::Protocol(_) | ureq::Error::ConnectionFailed | ureq::Error::BodyStalled => {
                (named(ErrorKind::Io, "the connection to the platform broke"), Retry::Backoff)
            }
            ureq::Error::InvalidProxyUrl | ureq::Error::ConnectProxyFailed(_) => (
                named(ErrorKind::Io, "the proxy of the environment (HTTPS_PROXY) does not let us through"),
                Retry::Never,
            ),
            _ => (named(ErrorKind::Io, "the request to the platform cannot be made"), Retry::Never),
        };
        Failure { error, retry }
    }
}
