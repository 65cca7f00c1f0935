//! Prices and discounts.

use super::Price;

/// Signs before or after a number, longest first, and the currency (ISO 4217) that they stand for most often.
const SIGNS: [(&str, &str); 22] = [
    ("US$", "USD"),
    ("HK$", "HKD"),
    ("NZ$", "NZD"),
    ("CA$", "CAD"),
    ("C$", "CAD"),
    ("A$", "AUD"),
    ("S$", "SGD"),
    ("R$", "BRL"),
    ("$", "USD"),
    ("＄", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("￡", "GBP"),
    ("¥", "JPY"),
    ("￥", "JPY"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("₽", "RUB"),
    ("₺", "TRY"),
    ("₫", "VND"),
    ("₱", "PHP"),
    ("₦", "NGN"),
];
/// Words after a number, and codes before or after one.
const WORDS: [(&str, &str); 22] = [
    ("dollar", "USD"),
    ("dollars", "USD"),
    ("buck", "USD"),
    ("bucks", "USD"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("pound", "GBP"),
    ("pounds", "GBP"),
    ("quid", "GBP"),
    ("rupee", "INR"),
    ("rupees", "INR"),
    ("yen", "JPY"),
    ("円", "JPY"),
    ("元", "CNY"),
    ("yuan", "CNY"),
    ("won", "KRW"),
    ("peso", "MXN"),
    ("pesos", "MXN"),
    ("reais", "BRL"),
    ("francs", "CHF"),
    ("rubles", "RUB"),
    ("zloty", "PLN"),
];
const CODES: &str = "USD EUR GBP JPY INR CAD AUD NZD CHF CNY RMB SEK NOK DKK PLN CZK HUF BRL MXN KRW TRY RUB ZAR SGD HKD THB \
    IDR PHP VND NGN AED SAR ILS";
/// Characters of the longest number.
const LONGEST: usize = 24;

/// The prices, and the discounts in per cent.
pub(super) fn prices(text: &str) -> (Vec<Price>, Vec<f64>) {
    let (mut found, mut discounts) = (Vec::new(), Vec::new());
    let mut i = 0;
    while let Some(start) = text[i..].find(|c: char| c.is_ascii_digit()).map(|start| i + start) {
        let length = number_length(&text[start..]);
        let digits = &text[start..start + length];
        let (factor, scaled) = scale(&text[start + length..]);
        let end = start + length + scaled;
        i = start + length;
        if text[..start]
            .chars()
            .next_back()
            .is_some_and(|c| c.is_alphanumeric() && !is_code_before(&text[..start]))
        {
            continue;
        }
        if let Some(percent) = is_discount(&text[start + length..]).then(|| amount(digits, false)).flatten() {
            discounts.push(percent);
            continue;
        }
        let before = currency_before(&text[..start]);
        let after = currency_after(&text[end..]);
        let Some((currency, from, to)) = before
            .map(|(currency, width)| (currency, start - width, end))
            .or_else(|| after.map(|(currency, width)| (currency, start, end + width)))
        else {
            continue;
        };
        if let Some(value) = amount(digits, before.is_none()) {
            let text = text[from..to].to_owned();
            found.push(Price { text, amount: value * factor, currency: currency.to_owned() });
            i = to;
        }
    }
    (found, discounts)
}

/// Digits with `.`, `,` and `'` between them.
fn number_length(rest: &str) -> usize {
    let bytes = &rest.as_bytes()[..rest.len().min(LONGEST)];
    let mut length = 0;
    for (i, byte) in bytes.iter().enumerate() {
        let joins = matches!(byte, b'.' | b',' | b'\'') && bytes.get(i + 1).is_some_and(u8::is_ascii_digit);
        if !(byte.is_ascii_digit() || joins && i == length) {
            break;
        }
        length = i + 1;
    }
    length
}

/// `k`, `million` and the like, and how long that is.
fn scale(rest: &str) -> (f64, usize) {
    let word_ends = |length: usize| !rest[length..].starts_with(char::is_alphanumeric);
    for (sign, factor) in [("k", 1e3), ("K", 1e3), ("m", 1e6), ("M", 1e6), ("bn", 1e9), ("B", 1e9)] {
        if rest.starts_with(sign) && word_ends(sign.len()) {
            return (factor, sign.len());
        }
    }
    for (word, factor) in [(" thousand", 1e3), (" million", 1e6), (" billion", 1e9), (" grand", 1e3)] {
        if rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
            && word_ends(word.len())
        {
            return (factor, word.len());
        }
    }
    (1.0, 0)
}

/// The number: the last of two kinds of signs is the decimal one, a single one before three digits groups them, unless it is
/// a point; that groups where the currency follows, as in `1.000 €`.
fn amount(digits: &str, currency_follows: bool) -> Option<f64> {
    let last = digits.rfind(['.', ',', '\'']);
    let decimal = last.filter(|&at| {
        let sign = digits.as_bytes()[at];
        let fraction = digits.len() - at - 1;
        let kinds = [b'.', b',', b'\''].into_iter().filter(|kind| digits.bytes().any(|b| b == *kind)).count();
        let once = digits.bytes().filter(|b| *b == sign).count() == 1;
        sign != b'\'' && once && (kinds > 1 || fraction != 3 || (sign == b'.' && !currency_follows))
    });
    let plain: String = digits
        .char_indices()
        .filter_map(|(i, c)| if Some(i) == decimal { Some('.') } else { c.is_ascii_digit().then_some(c) })
        .collect();
    plain.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// A sign or a code right before the number, at most one space between: the currency and how long it is.
fn currency_before(text: &str) -> Option<(&'static str, usize)> {
    let trimmed = text.strip_suffix(' ').unwrap_or(text);
    let space = text.len() - trimmed.len();
    if let Some((sign, currency)) = SIGNS.iter().find(|(sign, _)| trimmed.ends_with(sign)) {
        return Some((currency, sign.len() + space));
    }
    code_before(trimmed).map(|code| (code, code.len() + space))
}

fn code_before(text: &str) -> Option<&'static str> {
    let code = text.get(text.len().checked_sub(3)?..)?;
    let alone = !text[..text.len() - 3].chars().next_back().is_some_and(char::is_alphanumeric);
    CODES.split_ascii_whitespace().find(|known| alone && *known == code)
}

fn is_code_before(text: &str) -> bool {
    code_before(text).is_some()
}

/// A sign, a code or a word after the number: the currency and how far it reaches.
fn currency_after(rest: &str) -> Option<(&'static str, usize)> {
    let trimmed = rest.strip_prefix([' ', '-', '\u{a0}', '\u{202f}']).unwrap_or(rest);
    let space = rest.len() - trimmed.len();
    if let Some((sign, currency)) = SIGNS.iter().find(|(sign, _)| trimmed.starts_with(sign)) {
        // `5 $10`: the sign belongs to the next number.
        let free = space == 0 || !trimmed[sign.len()..].starts_with(|c: char| c.is_ascii_digit());
        return free.then_some((*currency, space + sign.len()));
    }
    // Of a longer one a part is looked at, which is none of those that are known.
    let ends = |&(at, c): &(usize, char)| at >= LONGEST * 4 || !c.is_alphabetic();
    let word = &trimmed[..trimmed.char_indices().find(ends).map_or(trimmed.len(), |(at, _)| at)];
    let known =
        WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, currency)| *currency);
    let currency = known.or_else(|| CODES.split_ascii_whitespace().find(|known| *known == word))?;
    Some((currency, space + word.len()))
}

/// `20% off`, `20 % discount`
fn is_discount(rest: &str) -> bool {
    let Some(after) = rest.strip_prefix('%').or_else(|| rest.strip_prefix(" %")) else { return false };
    let word = after.trim_start_matches(' ');
    ["off", "discount", "rabatt", "de descuento", "de réduction", "de desconto"]
        .into_iter()
        .any(|known| word.get(..known.len()).is_some_and(|start| start.eq_ignore_ascii_case(known)))
}
