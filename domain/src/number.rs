//! Numbers as people read and write them: the same in a refusal, a gate's evidence and a page.

use serde::{Deserialize, Serialize};

/// A number with two places behind the point, such as an amount of money: `12.50`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hundredths(pub u32);

/// Why a text is no such number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a number such as 12.50, up to 9999999")]
pub struct HundredthsError;

impl From<u64> for Hundredths {
    /// Whatever is too large is the largest.
    fn from(hundredths: u64) -> Self {
        Self(u32::try_from(hundredths).unwrap_or(u32::MAX))
    }
}

impl std::fmt::Display for Hundredths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}", grouped(u64::from(self.0 / 100)), self.0 % 100)
    }
}

impl std::str::FromStr for Hundredths {
    type Err = HundredthsError;
    fn from_str(text: &str) -> Result<Self, HundredthsError> {
        let text = text.trim();
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        // Grouped as we write it, or not.
        let whole = whole.replace(',', "");
        if !is_digits(&whole, 7) || !is_digits(places, 2) {
            return Err(HundredthsError);
        }
        let number = |text: &str| text.parse::<u32>().map_err(|_| HundredthsError);
        let places = if places.len() == 1 { 10 * number(places)? } else { number(places)? };
        Ok(Self(100 * number(&whole)? + places))
    }
}

/// Thousands grouped: `12,480`.
#[must_use]
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_two_places_is_read_as_it_is_written() {
        for (text, hundredths, shown) in [
            ("12.50", 1_250, "12.50"),
            (" 7 ", 700, "7.00"),
            ("0.5", 50, "0.50"),
            ("1,234.05", 123_405, "1,234.05"),
            ("9999999.99", 999_999_999, "9,999,999.99"),
        ] {
            let number: Hundredths = text.parse().unwrap();
            assert_eq!((number.0, &*number.to_string()), (hundredths, shown));
            assert_eq!(number.to_string().parse(), Ok(number));
        }
        for bad in ["", ".", "1.", ".5", "-1", "1.234", "12345678", "1e3", "١", "1.5.5", "NaN"] {
            assert_eq!(bad.parse::<Hundredths>(), Err(HundredthsError), "{bad}");
        }
    }
}
