//! Made-up people: names, addresses, phone numbers, in the variety that real profiles have.

use domain::time::Instant;
use rand::Rng;
use rand::rngs::StdRng;

use crate::sandbox::world::{Person, cio_id};

const FIRST_NAMES: [&str; 24] = [
    "Ana",
    "Ben",
    "Chloe",
    "Dmitri",
    "Elif",
    "Farah",
    "Grace",
    "Hugo",
    "Inês",
    "Jonas",
    "Kofi",
    "Lena",
    "Mateo",
    "Noor",
    "Olivia",
    "Priya",
    "Quinn",
    "Rosa",
    "Zoë",
    "محمد",
    "שירה",
    "李娜",
    "🌟 Star",
    "D'Arcy",
];

const LAST_NAMES: [&str; 16] = [
    "Adler",
    "Brown",
    "Costa",
    "Diaz",
    "Evans",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ito",
    "Jansen",
    "Kaya",
    "Lopez",
    "Müller",
    "Novak",
    "O'Neil",
    "عبد الله",
];

const CATEGORIES: [&str; 5] = ["protein", "vitamins", "sleep", "energy", "greens"];

/// North American area codes; with the exchange 555 nobody real is meant.
const AREAS: [u32; 20] = [
    212, 213, 305, 312, 404, 415, 503, 512, 602, 617, 702, 713, 718, 801, 808, 813, 904, 916, 917,
    972,
];

/// Which names a new person has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// An id and an e-mail address.
    Full,
    /// An id, but no address.
    IdOnly,
    /// A phone number and nothing else.
    PhoneOnly,
    /// Nothing but the `cio_id`.
    None,
}

/// 7 % have no e-mail address, 4 % nothing at all.
pub(super) fn names(chance: &mut StdRng) -> Names {
    match chance.random_range(0..1_000) {
        0..40 => Names::None,
        40..55 => Names::PhoneOnly,
        55..70 => Names::IdOnly,
        _ => Names::Full,
    }
}

/// A person and whether they like protein best.
pub(super) fn make(
    number: u32,
    names: Names,
    created_at: Instant,
    chance: &mut StdRng,
) -> (Person, bool) {
    let first = FIRST_NAMES[chance.random_range(0..FIRST_NAMES.len())];
    let last = LAST_NAMES[chance.random_range(0..LAST_NAMES.len())];
    let category = CATEGORIES[chance.random_range(0..CATEGORIES.len())];
    let mut person = Person::new(&cio_id(number));
    if matches!(names, Names::Full | Names::IdOnly) {
        person.id = Some(format!("u-{}", number.saturating_add(1)).into());
    }
    if names == Names::Full {
        person.email = Some(email(number, first, chance).into());
    }
    if names == Names::PhoneOnly || (names != Names::None && chance.random_bool(0.55)) {
        person.set("phone", &phone(number, chance));
    }
    if names != Names::None {
        person.set("first_name", first);
        person.set("last_name", last);
        person.set("ads_consent", if chance.random_bool(0.9) { "true" } else { "false" });
    }
    person.set("favourite_category", category);
    person.set("created_at", &created_at.0.div_euclid(1_000_000).to_string());
    (person, category == CATEGORIES[0])
}

/// Mostly plain, now and then with capitals, a tag or a blank, as people type.
fn email(number: u32, first: &str, chance: &mut StdRng) -> String {
    let first: String = first.chars().filter(char::is_ascii_alphabetic).collect();
    let first = if first.is_empty() { "shopper" } else { &first };
    let plain = format!("{}.{number}@example.com", first.to_lowercase());
    match chance.random_range(0..100) {
        0..3 => plain.to_uppercase(),
        3..6 => plain.replace('@', "+shop@"),
        6 => format!(" {plain} "),
        _ => plain,
    }
}

/// Mostly E.164, now and then as written by hand, rarely too short to be a number.
fn phone(number: u32, chance: &mut StdRng) -> String {
    let areas = u32::try_from(AREAS.len()).unwrap_or(1);
    let area = AREAS[(number % areas) as usize];
    let line = number / areas % 10_000;
    match chance.random_range(0..100) {
        0 => format!("555-{line:04}"),
        1..6 => format!("({area}) 555-{line:04}"),
        _ => format!("+1{area}555{line:04}"),
    }
}
