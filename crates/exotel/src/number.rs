//! Telephone numbers: one form inside (E.164 with `+`), the account's form on the wire (`exotel.md` 1.8).
//!
//! A number is digits, perhaps behind a `+`, perhaps with the visual separators of RFC 3966 section 5.1.1. Whatever is
//! not, or has too few digits, or too many, is another kind of name and stays as it is.

use std::fmt;
use std::ops::RangeInclusive;

/// How many digits follow the `+` of a number that is not a short code; 15 is the limit of E.164 section 6.
const INTERNATIONAL_DIGITS: RangeInclusive<usize> = 8..=15;

/// The prefix that stands for "abroad" in most countries (ITU-T E.123 section 2.2).
const INTERNATIONAL_PREFIX: &str = "00";

/// The prefix that stands for "in this country, another area".
const TRUNK_PREFIX: &str = "0";

/// A country calling code: one to three digits, the first not 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountryCode(String);

impl CountryCode {
    /// The code that these digits are; `None` if they are none.
    pub fn new(digits: &str) -> Option<Self> {
        let good = matches!(digits.len(), 1..=3) && is_digits(digits) && !digits.starts_with('0');
        good.then(|| Self(digits.to_owned()))
    }

    /// India's.
    pub fn india() -> Self {
        Self("91".into())
    }

    /// How many digits a number has after this code and without the trunk prefix.
    fn national_digits(&self) -> RangeInclusive<usize> {
        if self.has_fixed_length() { 10..=10 } else { 7..=12 }
    }

    /// Whether all national numbers are equally long, so that one without any prefix can be told from a short code:
    /// India (10 digits) and the North American plan (10 digits).
    fn has_fixed_length(&self) -> bool {
        matches!(self.0.as_str(), "1" | "91")
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How numbers are written on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberFormat {
    /// Numbers of the home country as `0` and the national number, others as E.164.
    #[default]
    National0,
    /// All as E.164 with `+`.
    E164,
}

/// The number in the form that is used inside: E.164 with `+`. Text that is no number, and a short code, stay as they
/// are; so two texts name the same line when their results are equal.
pub fn normalise(text: &str, home: &CountryCode) -> String {
    international(text, home).unwrap_or_else(|| text.to_owned())
}

/// The number in the form that `format` asks for; text that is no number, and a short code, stay as they are.
pub fn write(text: &str, home: &CountryCode, format: NumberFormat) -> String {
    let number = normalise(text, home);
    match format {
        NumberFormat::E164 => number,
        NumberFormat::National0 => match national(&number, home) {
            Some(rest) => format!("{TRUNK_PREFIX}{rest}"),
            None => number,
        },
    }
}

fn international(text: &str, home: &CountryCode) -> Option<String> {
    let dialled: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
    let abroad = dialled.strip_prefix('+').or_else(|| dialled.strip_prefix(INTERNATIONAL_PREFIX));
    if let Some(digits) = abroad {
        let good = is_digits(digits) && !digits.starts_with('0') && INTERNATIONAL_DIGITS.contains(&digits.len());
        return good.then(|| format!("+{digits}"));
    }
    if !is_digits(&dialled) {
        return None;
    }
    let is_national = |rest: &&str| home.national_digits().contains(&rest.len());
    let behind_trunk = dialled.strip_prefix(TRUNK_PREFIX).filter(is_national);
    let behind_code = dialled.strip_prefix(home.0.as_str()).filter(is_national);
    let bare = Some(dialled.as_str())
        .filter(|rest| home.has_fixed_length() && is_national(rest) && !rest.starts_with(TRUNK_PREFIX));
    behind_trunk.or(behind_code).or(bare).map(|rest| format!("+{home}{rest}"))
}

fn national<'a>(number: &'a str, home: &CountryCode) -> Option<&'a str> {
    let rest = number.strip_prefix('+')?.strip_prefix(home.0.as_str())?;
    home.national_digits().contains(&rest.len()).then_some(rest).filter(|rest| is_digits(rest))
}

/// Whether a [normalised](normalise) text is what can be dialled: a number, or a short code.
pub fn is_dialled(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    is_digits(digits) && digits.len() <= *INTERNATIONAL_DIGITS.end()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(digits: &str) -> CountryCode {
        CountryCode::new(digits).expect("a country code")
    }

    #[test]
    fn every_spelling_of_a_number_is_one_number() {
        let rows = [
            // India: as given, inside, on the wire as national0
            ("91", "+918011112222", "+918011112222", "08011112222"),
            ("91", "918011112222", "+918011112222", "08011112222"),
            ("91", "08011112222", "+918011112222", "08011112222"),
            ("91", "8011112222", "+918011112222", "08011112222"),
            ("91", "00918011112222", "+918011112222", "08011112222"),
            ("91", "+91 (80) 1111-2222", "+918011112222", "08011112222"),
            ("91", "080.1111.2222", "+918011112222", "08011112222"),
            ("91", "+919900000001", "+919900000001", "09900000001"),
            // ten digits that begin like the country code are a national number
            ("91", "9180456789", "+919180456789", "09180456789"),
            ("91", "09180456789", "+919180456789", "09180456789"),
            // abroad
            ("91", "+14155550100", "+14155550100", "+14155550100"),
            ("91", "0014155550100", "+14155550100", "+14155550100"),
            ("91", "+9180", "+9180", "+9180"),
            ("91", "+91801234", "+91801234", "+91801234"),
            // short codes, service numbers, numbers too long
            ("91", "100", "100", "100"),
            ("91", "0100", "0100", "0100"),
            ("91", "1-00", "1-00", "1-00"),
            ("91", "18001234567", "18001234567", "18001234567"),
            ("91", "+1234567890123456", "+1234567890123456", "+1234567890123456"),
            ("91", "00000000000", "00000000000", "00000000000"),
            ("91", "0000000000", "0000000000", "0000000000"),
            // no numbers
            ("91", "", "", ""),
            ("91", "+", "+", "+"),
            ("91", "anonymous", "anonymous", "anonymous"),
            ("91", "sip:desk@pbx.example", "sip:desk@pbx.example", "sip:desk@pbx.example"),
            ("91", "sip:+918011112222@pbx.example", "sip:+918011112222@pbx.example", "sip:+918011112222@pbx.example"),
            ("91", "८०१११११२२२२", "८०१११११२२२२", "८०१११११२२२२"),
            ("91", "08011112222\r\n", "08011112222\r\n", "08011112222\r\n"),
            ("91", "+91+8011112222", "+91+8011112222", "+91+8011112222"),
            // other homes
            ("1", "14155550100", "+14155550100", "04155550100"),
            ("1", "4155550100", "+14155550100", "04155550100"),
            ("44", "02079460000", "+442079460000", "02079460000"),
            ("44", "442079460000", "+442079460000", "02079460000"),
            ("44", "2079460000", "2079460000", "2079460000"),
            ("971", "+97141234567", "+97141234567", "041234567"),
        ];
        for (home, text, inside, wire) in rows {
            let home = code(home);
            assert_eq!(normalise(text, &home), inside, "{text} at +{home}");
            assert_eq!(write(text, &home, NumberFormat::National0), wire, "{text} at +{home}");
            assert_eq!(write(text, &home, NumberFormat::E164), inside, "{text} at +{home}");
            assert_eq!(normalise(inside, &home), inside, "normalising twice is normalising once");
            assert_eq!(normalise(wire, &home), inside, "the wire form says the same number");
        }
    }

    #[test]
    fn country_codes_are_one_to_three_digits() {
        for good in ["1", "91", "971"] {
            assert_eq!(code(good).to_string(), good);
        }
        for bad in ["", "0", "091", "+91", "9711", "9a", "९१"] {
            assert_eq!(CountryCode::new(bad), None, "{bad}");
        }
        assert_eq!(CountryCode::india(), code("91"));
    }
}
