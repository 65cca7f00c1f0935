//! What a pattern alone cannot decide: check digits, and whether a run of letters is random.

/// The digits of a text.
pub(super) fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect()
}

/// Whether digits are a payment card's: an issuer's range with its length (ISO/IEC 7812), and the check digit (Luhn).
pub(super) fn is_card(digits: &[u8]) -> bool {
    let head = |count: usize| digits.iter().take(count).fold(0_u32, |sum, &d| sum * 10 + u32::from(d));
    let (n, two, three, four) = (digits.len(), head(2), head(3), head(4));
    let issued = match digits.first() {
        Some(4) => matches!(n, 13 | 16 | 19),
        Some(5) => {
            (51..=55).contains(&two) && n == 16
                || (two == 50 || (56..=58).contains(&two)) && (13..=19).contains(&n)
        }
        Some(2) => (2221..=2720).contains(&four) && n == 16,
        Some(3) => {
            matches!(two, 34 | 37) && n == 15
                || ((300..=305).contains(&three) || matches!(two, 36 | 38 | 39)) && (14..=19).contains(&n)
                || (3528..=3589).contains(&four) && (16..=19).contains(&n)
        }
        Some(6) => (four == 6011 || (644..=659).contains(&three) || two == 62) && (16..=19).contains(&n),
        _ => false,
    };
    issued && luhn(digits)
}

/// The check digit of ISO/IEC 7812-1, annex B.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, &d)| {
            let d = u32::from(d) * if i % 2 == 1 { 2 } else { 1 };
            if d > 9 { d - 9 } else { d }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The check digits of ISO 13616: the rest by 97 is 1.
pub(super) fn is_iban(text: &str) -> bool {
    let letters: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).collect();
    if !(15..=34).contains(&letters.len()) {
        return false;
    }
    let (head, tail) = letters.split_at(4);
    let rest = tail.iter().chain(head).fold(0_u32, |rest, b| match b {
        b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
        _ => (rest * 100 + u32::from(b.to_ascii_uppercase() - b'A') + 10) % 97,
    });
    rest == 1
}

/// Whether a long token looks drawn at random: small and capital letters and digits, changing as often as chance has it. Of two
/// letters of a random token in a row 62 in 100 are of different classes; of a name in camel case about 30 are. Between the two lies luck:
/// now and then a random token is taken for a name.
pub(super) fn is_random(token: &str) -> bool {
    let class = |b: u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let bytes = token.as_bytes();
    let mut counts = [0_usize; 4];
    bytes.iter().for_each(|&b| counts[class(b)] += 1);
    let changes = bytes.windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count();
    let long = bytes.len();
    counts[0] >= 4
        && counts[1] >= 4
        && counts[2] >= 2
        && counts[3] * 8 <= long
        && changes * 20 >= (long - 1) * 9
}

/// Whether this is a user and a password in Base64, as HTTP's scheme Basic has it.
pub(super) fn is_basic(token: &str) -> bool {
    use base64::Engine;
    let engine = base64::engine::general_purpose::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
    );
    engine.decode(token).is_ok_and(|bytes| bytes.contains(&b':'))
}

/// Whether a word would be a word in a message about a token rather than the token. One in 16 random tokens of 16 letters has no digit, and
/// one in 56 of those changes between small and capital letters less than four times.
pub(super) fn is_word(token: &str) -> bool {
    let letters = token.as_bytes();
    let changes = letters
        .windows(2)
        .filter(|pair| pair[0].is_ascii_uppercase() != pair[1].is_ascii_uppercase())
        .count();
    letters.len() < 24 && changes < 4 && !letters.iter().any(u8::is_ascii_digit)
}
