//! Which keys name a secret: whole words, so that `author` and `max_tokens` are none.

/// Words that make a key secret; two words are two in a row, and stand for themselves joined as well.
const DENIED: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "pwd",
    "passphrase",
    "passphrases",
    "passcode",
    "passcodes",
    "pass",
    "secret",
    "secrets",
    "token",
    "auth",
    "authorization",
    "authentication",
    "cookie",
    "cookies",
    "session",
    "signature",
    "sig",
    "hmac",
    "jwt",
    "credential",
    "credentials",
    "creds",
    "csrf",
    "xsrf",
    "otp",
    "totp",
    "cvv",
    "cvc",
    "ssn",
    "bearer",
    "salt",
    "api key",
    "api keys",
    "access key",
    "secret key",
    "private key",
    "account key",
    "encryption key",
    "signing key",
    "master key",
    "ssh key",
    "shared key",
    "license key",
    "client secret",
    "shared access",
    "auth token",
    "access token",
    "refresh token",
    "id token",
    "session id",
    "session key",
    "session token",
    "php sess id",
    "phpsessid",
    "jsessionid",
    "sessid",
    "connect sid",
    "csrf token",
    "xsrf token",
    "db pass",
    "db password",
    "my sql pwd",
    "pg password",
    "mnemonic",
    "seed phrase",
    "pin code",
    "security code",
    "webhook secret",
    "user password",
    "passwort",
    "contraseña",
    "mot de passe",
    "密码",
    "пароль",
];

/// Keys of personal data, whose values go as a whole too.
const PERSONAL: &[&str] = &[
    "email",
    "e mail",
    "phone",
    "telephone",
    "phone number",
    "mobile number",
    "msisdn",
    "whatsapp",
    "card number",
    "credit card",
    "iban",
    "social security",
    "passport",
    "passport number",
    "date of birth",
    "birth date",
    "dob",
];

/// A denied word followed by one of these last words is a figure or a setting, not the secret itself.
const HARMLESS_ENDS: &[&str] = &[
    "count",
    "counts",
    "length",
    "len",
    "limit",
    "limits",
    "ttl",
    "type",
    "method",
    "size",
    "age",
    "timeout",
    "duration",
    "enabled",
    "disabled",
    "required",
    "expires",
    "expiry",
    "expired",
    "usage",
    "budget",
    "rate",
    "status",
    "valid",
    "verified",
    "version",
    "policy",
    "algorithm",
    "alg",
    "total",
    "max",
    "min",
    "seconds",
    "minutes",
    "ms",
    "s",
    "state",
    "errors",
    "error",
    "failures",
    "failed",
    "ok",
    "provider",
    "scheme",
    "mode",
    "backend",
    "per",
];

/// The deny list and what is exempt from it.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    denied: Vec<Vec<String>>,
    allowed: Vec<String>,
}

impl Default for Keys {
    fn default() -> Self {
        let mut keys = Self { denied: Vec::new(), allowed: Vec::new() };
        DENIED.iter().chain(PERSONAL).for_each(|name| keys.deny(name));
        keys
    }
}

impl Keys {
    pub(super) fn deny(&mut self, name: &str) {
        let words = words(name);
        if words.is_empty() {
            return;
        }
        if words.len() > 1 {
            self.denied.push(vec![words.concat()]);
        }
        self.denied.push(words);
    }

    pub(super) fn allow(&mut self, name: &str) {
        self.allowed.push(words(name).join(" "));
    }

    pub(super) fn denies(&self, key: &str) -> bool {
        if key.len() > 256 {
            return false;
        }
        let words = words(key);
        let Some(last) = words.last() else { return false };
        let mut names = self.denied.iter();
        let denied = names.any(|name| {
            words.windows(name.len()).any(|part| {
                // Of two words the plural too: `access_tokens`, but not `tokens`, which are counted.
                let plural = |at: usize, word: &str| {
                    at > 0 && at + 1 == name.len() && word.strip_suffix('s') == Some(&name[at])
                };
                part.iter().zip(name).enumerate().all(|(at, (word, wanted))| {
                    word.trim_end_matches(|c: char| c.is_ascii_digit()) == wanted
                        || word == wanted
                        || plural(at, word)
                })
            })
        });
        // Alone it is a code; in `pin_id` and the like it is pinned to a board.
        let denied = denied || words == ["pin"];
        denied
            && !(words.len() > 1 && HARMLESS_ENDS.contains(&last.as_str()))
            && (self.allowed.is_empty() || !self.allowed.contains(&words.join(" ")))
    }
}

/// The words of a key in lower case: `X-Api-Key`, `x_api_key` and `xApiKey` are the same three.
pub(super) fn words(key: &str) -> Vec<String> {
    let letters: Vec<char> = key.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (i, &c) in letters.iter().enumerate() {
        if !c.is_alphanumeric() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        let before = i.checked_sub(1).map(|j| letters[j]);
        let next = letters.get(i + 1);
        // `apiKey` has its border before K, `APIKey` before the K that a small letter follows.
        let border = c.is_uppercase()
            && (before.is_some_and(|b| b.is_lowercase() || b.is_ascii_digit())
                || before.is_some_and(char::is_uppercase) && next.is_some_and(|n| n.is_lowercase()));
        if border && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.extend(c.to_lowercase());
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
