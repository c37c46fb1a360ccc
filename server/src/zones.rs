//! The time zone database: jiff's own copy, so that every machine has the same.

use domain::{
    time::{Instant, Span},
    workspace::{Shift, Zone, port::ZoneBook},
};
use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};

/// Runs, orders and the trail's newest entries lie within; what is older is shown as by the
/// first shift.
const BACK: Span = Span::from_hours(24 * 366 * 3);

/// Reviews and ends of suppressions lie within.
const AHEAD: Span = Span::from_hours(24 * 366 * 2);

/// The names and shifts of the binary's own table.
pub struct Zones(TimeZoneDatabase);

impl Default for Zones {
    fn default() -> Self {
        Self(TimeZoneDatabase::bundled())
    }
}

impl ZoneBook for Zones {
    fn zone(&self, name: &str, around: Instant) -> Option<Zone> {
        if name == Zone::UTC {
            return Some(Zone::default());
        }
        let zone = self.0.get(name).ok()?;
        let from = Timestamp::from_microsecond(around.minus(BACK).0).ok()?;
        let until = around.plus(AHEAD);
        let mut shifts = vec![shift(&zone, from)];
        for change in zone.following(from) {
            let at = Instant(change.timestamp().as_microsecond());
            if at > until {
                break;
            }
            shifts.push(shift(&zone, change.timestamp()));
        }
        // As the table writes it, whatever was typed.
        let name = zone.iana_name().unwrap_or(name).to_owned();
        Some(Zone { name, shifts })
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.0.available().map(|name| name.to_string()).collect();
        // Places only: abbreviations and fixed offsets have no summer time, or the wrong one.
        let is_place = |name: &String| name.contains('/') && !name.starts_with("Etc/");
        names.retain(|name| name == Zone::UTC || is_place(name));
        names.sort();
        names
    }
}

fn shift(zone: &TimeZone, at: Timestamp) -> Shift {
    let info = zone.to_offset_info(at);
    Shift {
        from: Instant(at.as_microsecond()),
        ahead: Span::from_seconds(info.offset().seconds().into()),
        abbreviation: info.abbreviation().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-06-01.
    const SUMMER: Instant = Instant(1_780_272_000_000_000);

    #[test]
    fn a_zone_has_its_shifts_around_now() {
        let zone = Zones::default().zone("Europe/Berlin", SUMMER).unwrap();
        let hours = |at: Instant| zone.local(at).0.since(at).0 / Span::from_hours(1).0;
        assert_eq!((hours(SUMMER), zone.local(SUMMER).1), (2, "CEST"));
        let winter = SUMMER.plus(Span::from_hours(24 * 180));
        assert_eq!((hours(winter), zone.local(winter).1), (1, "CET"));
        assert!((8..=12).contains(&zone.shifts.len()), "{}", zone.shifts.len());
        let india = Zones::default().zone("Asia/Kolkata", SUMMER).unwrap();
        assert_eq!(india.shifts.len(), 1);
        assert_eq!(india.local(SUMMER).0.since(SUMMER), Span::from_minutes(330));
        assert_eq!(Zones::default().zone("UTC", SUMMER), Some(Zone::default()));
        assert_eq!(Zones::default().zone("Middle/Earth", SUMMER), None);
    }

    #[test]
    fn names_are_places_and_each_is_a_zone() {
        let names = Zones::default().names();
        assert!(names.len() > 300, "{}", names.len());
        assert!(
            names.contains(&"America/New_York".to_owned()) && names.contains(&"UTC".to_owned())
        );
        assert!(names.iter().all(|name| Zones::default().zone(name, SUMMER).is_some()));
    }
}
