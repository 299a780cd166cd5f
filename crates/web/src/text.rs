//! Words for people: messages in the person's language, moments in the person's time zone.
//!
//! A language is a folder of Fluent files under `locales/`. A message that a language lacks is taken from English.

use std::{borrow::Cow, collections::HashMap, fmt::Display};

use fluent_templates::{LanguageIdentifier, Loader, fluent_bundle::FluentValue, static_loader};
use jiff::{Zoned, tz::TimeZone};
use kernel::{Duration, Timestamp};

use crate::page::Markup;

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "en",
        // The marks around arguments would stand in what people copy: codes, names, addresses.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// A moment, or a reference to one: templates hand over either.
pub trait Moment: Copy {
    fn moment(self) -> Timestamp;
}

impl Moment for Timestamp {
    fn moment(self) -> Timestamp {
        self
    }
}

impl<T: Moment> Moment for &T {
    fn moment(self) -> Timestamp {
        (*self).moment()
    }
}

/// How one person reads: a language, a time zone, and the moment the page is made.
#[derive(Debug, Clone)]
pub struct Text {
    language: LanguageIdentifier,
    tag: String,
    zone: TimeZone,
    now: Timestamp,
}

/// A reference code as people read it out: `7QM4-K2XV`. The database keeps it without the dash.
pub fn dashed(code: &str) -> String {
    match code.split_at_checked(4) {
        Some((first, second)) if code.len() == 8 => format!("{first}-{second}"),
        _ => code.to_owned(),
    }
}

impl Text {
    /// An unknown language reads English, an unknown zone UTC.
    pub fn new(language: &str, zone: &str, now: Timestamp) -> Self {
        let language = known_language(language).unwrap_or_else(|| LOCALES.fallback().clone());
        Self { tag: language.to_string(), language, zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC), now }
    }

    /// The languages there are, for a choice of language.
    pub fn languages() -> Vec<String> {
        let mut tags: Vec<_> = LOCALES.locales().map(ToString::to_string).collect();
        tags.sort_unstable();
        tags
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The tag for `<html lang>`.
    pub fn language(&self) -> &str {
        &self.tag
    }

    /// # Panics
    /// In debug and test builds, if there is no such message: a key must never reach a page.
    pub fn get(&self, key: &str) -> String {
        LOCALES.try_lookup(&self.language, key).unwrap_or_else(|| missing(key))
    }

    /// # Panics
    /// As [`Text::get`], and if the message wants an argument that is not given.
    pub fn with<const N: usize>(&self, key: &str, args: [(&'static str, &dyn Display); N]) -> String {
        self.say(key, &args)
    }

    /// [`Text::with`] for templates, which hand arrays over by reference: `t.say("key", [("name", &viewer.name)])`.
    ///
    /// # Panics
    /// As [`Text::with`].
    pub fn say(&self, key: &str, args: &[(&'static str, &dyn Display)]) -> String {
        self.resolve(key, words(args))
    }

    /// A message that counts something, as `$n`.
    ///
    /// # Panics
    /// As [`Text::with`].
    pub fn count(&self, key: &str, n: impl Count) -> String {
        self.count_with(key, n, &[])
    }

    /// A message that counts something, as `$n`, and wants other arguments too.
    ///
    /// # Panics
    /// As [`Text::with`].
    pub fn count_with(&self, key: &str, n: impl Count, args: &[(&'static str, &dyn Display)]) -> String {
        let mut args = words(args);
        args.insert(Cow::Borrowed("n"), FluentValue::from(n.number()));
        self.resolve(key, args)
    }

    /// A message with marks of its own, such as `<b>`. What is put into it is escaped.
    ///
    /// # Panics
    /// As [`Text::with`].
    pub fn rich(&self, key: &str, args: &[(&'static str, &dyn Display)]) -> Markup {
        let args = args
            .iter()
            .map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from(escape(&value.to_string()))))
            .collect();
        Markup::from(self.resolve(key, args))
    }

    /// The time of day, with the day when it is not today and the year when it is not this year.
    pub fn clock(&self, at: impl Moment) -> String {
        let at = self.zoned(at.moment());
        let now = self.zoned(self.now);
        let clock = self.time_of_day(&at);
        if at.date() == now.date() {
            return clock;
        }
        let day = self.day_of(&at, &now);
        self.with("time-day-clock", [("day", &day), ("clock", &clock)])
    }

    /// As [`Text::clock`], but `today 18:00` in words, for the end of something.
    pub fn clock_with_today(&self, at: impl Moment) -> String {
        let at = at.moment();
        if self.zoned(at).date() == self.zoned(self.now).date() {
            self.with("time-today-clock", [("clock", &self.clock(at))])
        } else {
            self.clock(at)
        }
    }

    /// The day alone: "2 March".
    pub fn day(&self, at: impl Moment) -> String {
        self.day_of(&self.zoned(at.moment()), &self.zoned(self.now))
    }

    /// The day of the week, short, for a column of a timeline.
    pub fn weekday(&self, at: impl Moment) -> String {
        let day = self.zoned(at.moment()).weekday().to_monday_one_offset();
        self.get(&format!("weekday-{day}"))
    }

    /// The number of the day in its month, for a column of a timeline.
    pub fn day_number(&self, at: impl Moment) -> i8 {
        self.zoned(at.moment()).day()
    }

    /// `<time>` around [`Text::clock`].
    pub fn time(&self, at: impl Moment) -> Markup {
        let at = at.moment();
        Markup::from(format!("<time datetime=\"{}\">{}</time>", self.iso(at), escape(&self.clock(at))))
    }

    /// For `<time datetime>`, in UTC.
    pub fn iso(&self, at: impl Moment) -> String {
        instant(at.moment()).to_string()
    }

    /// Whose clock it is: "UTC", "São Paulo time".
    pub fn zone_name(&self) -> String {
        let id = self.zone.iana_name().unwrap_or("UTC");
        if matches!(id, "UTC" | "Etc/UTC" | "Etc/UCT" | "GMT" | "Etc/GMT" | "Zulu") {
            return "UTC".to_owned();
        }
        // Names of places in the time zone database are plain ASCII; those that people write otherwise have a message.
        let place = LOCALES
            .try_lookup(&self.language, &format!("zone-{}", id.replace('/', "-")))
            .unwrap_or_else(|| id.rsplit('/').next().unwrap_or(id).replace('_', " "));
        self.with("time-zone", [("place", &place)])
    }

    /// How long from one moment to another: "1 h 46 min", "2 days".
    pub fn span(&self, from: impl Moment, to: impl Moment) -> String {
        let minutes = to.moment().since(from.moment()).as_seconds() / 60;
        let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
        match (days, hours, rest) {
            (0, 0, 0) => self.get("span-moment"),
            (0, 0, minutes) => self.count("span-minutes", minutes),
            (0, hours, 0) => self.count("span-hours", hours),
            (0, hours, minutes) => self.count_with("span-hours-minutes", hours, &[("minutes", &minutes)]),
            (1 | 2, hours, _) if hours > 0 => self.count_with("span-days-hours", days, &[("hours", &hours)]),
            (days, ..) => self.count("span-days", days),
        }
    }

    /// A length that somebody chose, written out: "4 hours", "1 day".
    pub fn length(&self, length: Duration) -> String {
        let minutes = length.as_seconds() / 60;
        match minutes {
            m if m > 0 && m % 1440 == 0 => self.count("length-days", m / 1440),
            m if m > 0 && m % 60 == 0 => self.count("length-hours", m / 60),
            m => self.count("length-minutes", m),
        }
    }

    /// The minute of a date and a time of day that a person typed, on the person's clock.
    pub fn moment_of(&self, date: &str, time: &str) -> Option<Timestamp> {
        let date: jiff::civil::Date = date.parse().ok()?;
        let time: jiff::civil::Time = time.parse().ok()?;
        let zoned = date.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
        Some(Timestamp::from_micros(zoned.timestamp().as_microsecond()))
    }

    /// The midnight that opened the day of this moment, on the person's clock.
    pub fn midnight(&self, at: impl Moment) -> Timestamp {
        let at = at.moment();
        self.zoned(at)
            .start_of_day()
            .map_or(at, |start| Timestamp::from_micros(start.timestamp().as_microsecond()))
    }

    fn resolve(&self, key: &str, args: HashMap<Cow<'static, str>, FluentValue<'static>>) -> String {
        let text = LOCALES.try_lookup_with_args(&self.language, key, &args).unwrap_or_else(|| missing(key));
        debug_assert!(!text.contains("{$"), "message {key} lacks an argument: {text}");
        text
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        instant(at).to_zoned(self.zone.clone())
    }

    fn time_of_day(&self, at: &Zoned) -> String {
        let (hour, minute) = (format!("{:02}", at.hour()), format!("{:02}", at.minute()));
        self.with("time-clock", [("hour", &hour), ("minute", &minute)])
    }

    fn day_of(&self, at: &Zoned, now: &Zoned) -> String {
        let month = self.get(&format!("month-{}", at.month()));
        if at.year() == now.year() {
            self.with("time-day", [("day", &at.day()), ("month", &month)])
        } else {
            self.with("time-date", [("day", &at.day()), ("month", &month), ("year", &at.year())])
        }
    }
}

/// What a message can count, by value or by reference.
pub trait Count: Copy {
    fn number(self) -> i64;
}

macro_rules! counts {
    ($($number:ty)*) => {
        $(impl Count for $number {
            fn number(self) -> i64 {
                i64::try_from(self).unwrap_or(i64::MAX)
            }
        })*
    };
}
counts! { i32 i64 u8 u16 u32 u64 usize }

impl<T: Count> Count for &T {
    fn number(self) -> i64 {
        (*self).number()
    }
}

/// Escapes what stands between tags and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

fn words(args: &[(&'static str, &dyn Display)]) -> HashMap<Cow<'static, str>, FluentValue<'static>> {
    args.iter().map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from(value.to_string()))).collect()
}

/// The language itself, or the same language of any region.
fn known_language(tag: &str) -> Option<LanguageIdentifier> {
    let wanted: LanguageIdentifier = tag.parse().ok()?;
    let known = || LOCALES.locales();
    known().find(|l| **l == wanted).or_else(|| known().find(|l| l.language == wanted.language)).cloned()
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

fn missing(key: &str) -> String {
    debug_assert!(false, "there is no message {key}");
    key.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-12T15:14:00Z, a Thursday.
    const NOW: Timestamp = Timestamp::from_seconds(1_773_328_440);

    fn at(text: &str) -> Timestamp {
        let instant: jiff::Timestamp = text.parse().expect("a written instant");
        Timestamp::from_micros(instant.as_microsecond())
    }

    #[test]
    fn clock_says_no_more_than_needed() {
        let t = Text::new("en", "America/Sao_Paulo", NOW);
        assert_eq!(t.clock(at("2026-03-12T17:00:00Z")), "14:00");
        assert_eq!(t.clock(at("2026-03-02T19:40:00Z")), "2 March, 16:40");
        assert_eq!(t.clock(at("2025-11-18T19:40:00Z")), "18 November 2025, 16:40");
        assert_eq!(t.clock_with_today(at("2026-03-12T17:00:00Z")), "today 14:00");
        assert_eq!(t.weekday(NOW), "Thu");
        assert_eq!(t.iso(NOW), "2026-03-12T15:14:00Z");
    }

    #[test]
    fn the_day_changes_at_the_persons_midnight() {
        let late = at("2026-03-13T02:30:00Z");
        assert_eq!(Text::new("en", "America/Sao_Paulo", NOW).clock(late), "23:30");
        assert_eq!(Text::new("en", "UTC", NOW).clock(late), "13 March, 02:30");
        assert_eq!(Text::new("en", "America/Sao_Paulo", NOW).midnight(late), at("2026-03-12T03:00:00Z"));
    }

    #[test]
    fn zones_have_the_names_of_places() {
        for (zone, name) in [
            ("America/Sao_Paulo", "São Paulo time"),
            ("Europe/Madrid", "Madrid time"),
            ("America/New_York", "New York time"),
            ("UTC", "UTC"),
            ("Middle/Earth", "UTC"),
        ] {
            assert_eq!(Text::new("en", zone, NOW).zone_name(), name);
        }
    }

    #[test]
    fn spans_and_lengths_are_written_out() {
        let t = Text::new("en", "UTC", NOW);
        for (seconds, words) in [
            (20, "less than a minute"),
            (60, "1 min"),
            (6_360, "1 h 46 min"),
            (7_200, "2 h"),
            (86_400, "1 day"),
            (97_200, "1 day 3 h"),
            (172_800, "2 days"),
            (-5, "less than a minute"),
        ] {
            let end = Timestamp::from_seconds(1_773_328_440 + seconds);
            assert_eq!(t.span(NOW, end), words);
        }
        assert_eq!(t.length(Duration::hours(4)), "4 hours");
        assert_eq!(t.length(Duration::hours(1)), "1 hour");
        assert_eq!(t.length(Duration::days(3)), "3 days");
        assert_eq!(t.length(Duration::minutes(90)), "90 minutes");
    }

    #[test]
    fn a_typed_moment_is_on_the_persons_clock() {
        let t = Text::new("en", "America/Sao_Paulo", NOW);
        assert_eq!(t.moment_of("2026-03-12", "18:00"), Some(at("2026-03-12T21:00:00Z")));
        assert_eq!(t.moment_of("2026-03-32", "18:00"), None);
    }

    #[test]
    fn an_unknown_language_reads_english() {
        assert_eq!(Text::new("tlh", "UTC", NOW).language(), "en");
        assert_eq!(Text::new("en-GB", "UTC", NOW).language(), "en");
        assert_eq!(Text::new("<script>", "UTC", NOW).language(), "en");
    }

    #[test]
    fn rich_text_escapes_what_is_put_in() {
        let t = Text::new("en", "UTC", NOW);
        let line = t.rich("time-zone", &[("place", &"<b>Æ & Ø</b>")]).to_string();
        assert_eq!(line, "&lt;b&gt;Æ &amp; Ø&lt;/b&gt; time");
    }

    #[test]
    #[should_panic(expected = "there is no message")]
    fn a_missing_message_is_found_in_tests() {
        Text::new("en", "UTC", NOW).get("no-such-message");
    }
}
