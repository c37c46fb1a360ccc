//! Numbers, shares and times as people read them.
//!
//! The server and the browser write the same text, so hydration never changes a page:
//! nothing here asks for a locale or for the time. Moments are shown in the workspace's time
//! zone, and the exact ones say which.

use domain::time::{Instant, Span};

use crate::workspace::shown;

/// Keeps a number and its unit on one line.
const NO_BREAK: char = '\u{a0}';

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Thousands grouped: `12,480`.
#[must_use]
pub fn number(value: u64) -> String {
    domain::number::grouped(value)
}

/// A number and the right form of its noun: `1 person`, `12,480 people`.
#[must_use]
pub fn count(value: u64, one: &str, many: &str) -> String {
    format!("{}{NO_BREAK}{}", number(value), if value == 1 { one } else { many })
}

/// A share with no more digits than a decision needs: `84 %`, `8.1 %`, `0.4 %`, `< 0.1 %`.
/// A dash where there is no whole.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let tenths = (u128::from(part) * 2_000 + u128::from(whole)) / (u128::from(whole) * 2);
    match tenths {
        0 if part > 0 => format!("<{NO_BREAK}0.1{NO_BREAK}%"),
        // Not all: never rounded up to it.
        1_000 if part < whole => format!(">{NO_BREAK}99.9{NO_BREAK}%"),
        1..100 | 991..1_000 => format!("{}.{}{NO_BREAK}%", tenths / 10, tenths % 10),
        _ => format!("{}{NO_BREAK}%", (tenths + 5) / 10),
    }
}

/// A percentage that somebody typed: `10 %`, `2.5 %`.
#[must_use]
pub fn percent(hundredths: i64) -> String {
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    match rest {
        0 => format!("{whole}{NO_BREAK}%"),
        rest if rest % 10 == 0 => format!("{whole}.{}{NO_BREAK}%", rest / 10),
        rest => format!("{whole}.{rest:02}{NO_BREAK}%"),
    }
}

/// How far a percentage moved, from hundredths of a percent: `+1.2 points`.
#[must_use]
pub fn points(hundredths: i64) -> String {
    let tenths = (hundredths.unsigned_abs() + 5) / 10;
    if tenths == 0 {
        return "unchanged".to_owned();
    }
    let sign = if hundredths < 0 { '\u{2212}' } else { '+' };
    format!("{sign}{}.{} points", tenths / 10, tenths % 10)
}

/// A length of time in its largest unit, with the next one where that helps: `38 s`,
/// `14 min`, `2 h 5 min`, `3 d`.
#[must_use]
pub fn duration(span: Span) -> String {
    let millis = span.millis().max(0);
    let seconds = millis / 1_000;
    let (value, unit, rest, rest_unit) = match seconds {
        0 => return format!("{millis}{NO_BREAK}ms"),
        1..60 => return format!("{seconds}{NO_BREAK}s"),
        60..600 => (seconds / 60, "min", seconds % 60, "s"),
        600..3_600 => (seconds / 60, "min", 0, ""),
        3_600..36_000 => (seconds / 3_600, "h", seconds / 60 % 60, "min"),
        36_000..172_800 => (seconds / 3_600, "h", 0, ""),
        _ => (seconds / 86_400, "d", 0, ""),
    };
    if rest == 0 {
        format!("{value}{NO_BREAK}{unit}")
    } else {
        format!("{value}{NO_BREAK}{unit} {rest}{NO_BREAK}{rest_unit}")
    }
}

/// A moment as seen from `now`: `just now`, `4 min ago`, `in 2 h`. After a week, the day.
#[must_use]
pub fn relative(at: Instant, now: Instant) -> String {
    let seconds = now.since(at).millis() / 1_000;
    let distance = seconds.unsigned_abs();
    let (value, unit) = match distance {
        0..5 => return "just now".to_owned(),
        5..60 => (distance, "s"),
        60..3_600 => (distance / 60, "min"),
        3_600..86_400 => (distance / 3_600, "h"),
        86_400..604_800 => (distance / 86_400, "d"),
        _ => return day(at),
    };
    if seconds < 0 {
        format!("in{NO_BREAK}{value}{NO_BREAK}{unit}")
    } else {
        format!("{value}{NO_BREAK}{unit}{NO_BREAK}ago")
    }
}

/// `23 Nov 2026`.
#[must_use]
pub fn day(at: Instant) -> String {
    utc_day(shown().zone.local(at).0)
}

/// `23 Nov`, where the year is plain.
#[must_use]
pub fn short_day(at: Instant) -> String {
    let (_, month, day, ..) = shown().zone.local(at).0.civil();
    format!("{day}{NO_BREAK}{}", month_name(month))
}

/// A day as figures are counted: that of UTC, whatever the workspace's zone.
#[must_use]
pub fn utc_day(at: Instant) -> String {
    let (year, month, day, ..) = at.civil();
    format!("{day}{NO_BREAK}{}{NO_BREAK}{year}", month_name(month))
}

/// `14:02`.
#[must_use]
pub fn clock(at: Instant) -> String {
    let (_, _, _, hour, minute, ..) = shown().zone.local(at).0.civil();
    format!("{hour:02}:{minute:02}")
}

/// `14:02:09`.
#[must_use]
pub fn second(at: Instant) -> String {
    let (_, _, _, _, _, second, _) = shown().zone.local(at).0.civil();
    format!("{}:{second:02}", clock(at))
}

/// `23 Nov 2026, 14:02:09 UTC`, or what the workspace's zone is called then.
#[must_use]
pub fn exact(at: Instant) -> String {
    let shown = shown();
    let (local, zone) = shown.zone.local(at);
    let (year, month, day, hour, minute, second, _) = local.civil();
    format!("{day} {} {year}, {hour:02}:{minute:02}:{second:02} {zone}", month_name(month))
}

/// An id shortened in the middle, where ids made together are alike: `01933f…9c2e`.
#[must_use]
pub fn short_id(id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    if letters.len() <= 14 {
        return id.to_owned();
    }
    let (head, tail) = (&letters[..6], &letters[letters.len() - 4..]);
    head.iter().chain(&['…']).chain(tail).collect()
}

/// A step of an address: an id is shortened, a key stays whole.
#[must_use]
pub fn short_step(step: &str) -> String {
    let is_id = step.len() == 36 && step.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    if is_id { short_id(step) } else { step.to_owned() }
}

/// A text as one step of an address: whatever isn't plain is escaped.
#[must_use]
pub fn in_address(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

/// A page's address with a query of what isn't empty.
#[must_use]
pub fn with_query<'a>(page: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let said = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    let said: Vec<String> =
        said.map(|(name, value)| format!("{name}={}", in_address(value))).collect();
    if said.is_empty() { page.to_owned() } else { format!("{page}?{}", said.join("&")) }
}

/// JSON arranged for reading; what is none stays as it is.
#[must_use]
pub fn json(text: &str) -> String {
    let parsed = serde_json::from_str::<serde_json::Value>(text);
    parsed
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| text.to_owned())
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The first letter as a capital, for a sentence that begins with a computed word.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn month_name(month: i64) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or("?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: String) -> String {
        text.replace(NO_BREAK, " ")
    }

    #[test]
    fn thousands_are_grouped() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_480, "12,480"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(plain(count(1, "person", "people")), "1 person");
        assert_eq!(plain(count(0, "person", "people")), "0 people");
    }

    #[test]
    fn shares_have_the_digits_that_matter_and_never_round_to_none_or_all() {
        for (part, whole, text) in [
            (0, 0, "–"),
            (0, 10, "0 %"),
            (1, 100_000, "< 0.1 %"),
            (4, 1_000, "0.4 %"),
            (1_206, 14_911, "8.1 %"),
            (12_480, 14_911, "84 %"),
            (995, 1_000, "99.5 %"),
            (99_999, 100_000, "> 99.9 %"),
            (10, 10, "100 %"),
            (u64::MAX, u64::MAX, "100 %"),
        ] {
            assert_eq!(plain(share(part, whole)), text, "{part} of {whole}");
        }
        assert_eq!(plain(percent(1_000)), "10 %");
        assert_eq!(plain(percent(250)), "2.5 %");
        assert_eq!(plain(percent(5)), "0.05 %");
    }

    #[test]
    fn lengths_of_time_in_units_that_people_say() {
        for (millis, text) in [
            (0, "0 ms"),
            (420, "420 ms"),
            (38_000, "38 s"),
            (60_000, "1 min"),
            (95_000, "1 min 35 s"),
            (840_000, "14 min"),
            (7_500_000, "2 h 5 min"),
            (86_400_000, "24 h"),
            (259_200_000, "3 d"),
        ] {
            assert_eq!(plain(duration(Span::from_millis(millis))), text);
        }
    }

    #[test]
    fn moments_as_seen_from_now() {
        let now = Instant::from_seconds(1_792_785_600);
        for (ago, text) in [
            (0, "just now"),
            (59, "59 s ago"),
            (240, "4 min ago"),
            (7_200, "2 h ago"),
            (172_800, "2 d ago"),
            (-180, "in 3 min"),
            (691_200, "15 Oct 2026"),
        ] {
            assert_eq!(plain(relative(now.minus(Span::from_seconds(ago)), now)), text);
        }
        assert_eq!(exact(now), "23 Oct 2026, 20:00:00 UTC");
        assert_eq!(clock(now), "20:00");
    }

    #[test]
    fn ids_are_shortened_in_the_middle() {
        assert_eq!(short_id("0193a4e2-7c11-7000-8000-00000000beef"), "0193a4…beef");
        assert_eq!(short_id("cio_123"), "cio_123");
        assert_eq!(short_id("äöüäöüäöüäöüäöüäöü"), "äöüäöü…üäöü");
    }

    #[test]
    fn names_join_into_a_sentence() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(list(&names(&["a"])), "a");
        assert_eq!(list(&names(&["a", "b", "c"])), "a, b and c");
        assert_eq!(capital("two"), "Two");
    }

    #[test]
    fn whatever_an_id_holds_it_is_one_step_of_an_address() {
        assert_eq!(in_address("a4f.b_c-1~"), "a4f.b_c-1~");
        assert_eq!(in_address("a/b?c#d é"), "a%2Fb%3Fc%23d%20%C3%A9");
    }
}
