//! Moments as RFC 3339 writes them, which is what JSON Schema means by `date-time`: so whoever
//! checks an event by the schema comes to the same as we do.

/// Whether it is one, such as `2026-01-01T00:00:00.5+01:00`.
pub(in crate::contract) fn is_moment(text: &str) -> bool {
    read(text.as_bytes()).is_some()
}

fn read(text: &[u8]) -> Option<()> {
    let (date, text) = text.split_at_checked(10)?;
    let (time, text) = text.split_at_checked(9)?;
    let year = number(date, 0, 4)?;
    let month = number(date, 5, 2)?;
    let day = number(date, 8, 2)?;
    let is_date = date.get(4) == Some(&b'-')
        && date.get(7) == Some(&b'-')
        && (1..=days(year, month)).contains(&day);
    let (hour, minute, second) = (number(time, 1, 2)?, number(time, 4, 2)?, number(time, 7, 2)?);
    let is_time = matches!(time.first(), Some(b'T' | b't'))
        && time.get(3) == Some(&b':')
        && time.get(6) == Some(&b':')
        && hour < 24
        && minute < 60;
    let offset = offset(fraction(text)?)?;
    // The last minute of a day, by the world's clock, may have a second more.
    let in_day = (hour * 60 + minute - offset).rem_euclid(24 * 60);
    let is_second = second < 60 || (second == 60 && in_day == 23 * 60 + 59);
    (is_date && is_time && is_second).then_some(())
}

/// As many digits, as a number.
fn number(text: &[u8], from: usize, digits: usize) -> Option<i32> {
    let text = text.get(from..from + digits)?;
    text.iter().try_fold(0, |sum, digit| {
        digit.is_ascii_digit().then(|| sum * 10 + i32::from(digit - b'0'))
    })
}

const fn days(year: i32, month: i32) -> i32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    }
}

/// What stands behind the fraction, if there is one.
fn fraction(text: &[u8]) -> Option<&[u8]> {
    let Some(digits) = text.strip_prefix(b".") else { return Some(text) };
    let end = digits.iter().position(|digit| !digit.is_ascii_digit())?;
    if end == 0 { None } else { digits.get(end..) }
}

/// The minutes that the place is before the world's clock.
fn offset(text: &[u8]) -> Option<i32> {
    match text {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) = (number(text, 1, 2)?, number(text, 4, 2)?);
            let all = hours * 60 + minutes;
            (hours < 24 && minutes < 60).then_some(if *sign == b'-' { -all } else { all })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_both_validators_take_is_one_and_nothing_else() {
        for yes in [
            "2026-01-01T00:00:00Z",
            "2026-12-31t23:59:59.123456789012z",
            "2024-02-29T10:20:30+23:59",
            "2000-02-29T10:20:30-00:00",
            "9999-12-31T23:59:59-12:00",
            "2016-12-31T23:59:60Z",
            "2017-01-01T00:59:60+01:00",
        ] {
            assert!(is_moment(yes), "{yes}");
        }
        for no in [
            "",
            "yesterday",
            "2026-01-01",
            "2026-01-01T00:00Z",
            "2026-01-01T00Z",
            "20260101T000000Z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00,5Z",
            "2026-01-01T00:00:00Z[Europe/Berlin]",
            "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00+0200",
            "2026-01-01T00:00:00+02",
            "2026-01-01T00:00:00+02:00:30",
            "2026-01-01T10:20:60Z",
            "2026-01-01T24:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "-002026-01-01T00:00:00Z",
            "2026-01-01T00:00:00٣Z",
            "２０26-01-01T00:00:00Z",
        ] {
            assert!(!is_moment(no), "{no}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_asked_about(text in "\\PC*") {
            is_moment(&text);
        }

        /// Where jiff can say it, it says the same.
        #[test]
        fn moments_of_our_time_are_read_as_jiff_reads_them(
            year in 1..9998_i32, month in 0..14_i32, day in 0..33_i32,
            (hour, minute, second) in (0..25_i32, 0..61_i32, 0..60_i32),
            (ahead, offset) in (any::<bool>(), 0..24_i32),
        ) {
            let sign = if ahead { '+' } else { '-' };
            let text = format!(
                "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{offset:02}:30"
            );
            prop_assert_eq!(is_moment(&text), text.parse::<jiff::Timestamp>().is_ok(), "{}", text);
        }
    }
}
