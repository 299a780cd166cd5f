//! Moments in the sentences of errors, which are written before anybody knows on which page they will stand.

use jiff::tz::TimeZone;
use kernel::Timestamp;

/// The time of day on the clock of a zone, with the day if it is another one: "12:09", "12:09 on 2 March 2026".
/// An unknown zone reads UTC, and says so.
pub fn clock(at: Timestamp, now: Timestamp, zone: &str) -> String {
    let (zone, end) = match TimeZone::get(zone) {
        Ok(zone) => (zone, ""),
        Err(_) => (TimeZone::UTC, " UTC"),
    };
    let on = |moment: Timestamp| {
        jiff::Timestamp::from_microsecond(moment.as_micros()).unwrap_or_default().to_zoned(zone.clone())
    };
    let (at, now) = (on(at), on(now));
    if at.date() == now.date() {
        format!("{}{end}", at.strftime("%H:%M"))
    } else {
        format!("{}{end} on {}", at.strftime("%H:%M"), at.strftime("%-d %B %Y"))
    }
}
