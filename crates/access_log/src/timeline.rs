//! The picture of who had access when: where each bar begins and ends, in hundredths of a percent of its window.
//!
//! **Invariant:** every bar lies inside the window and can be seen, however short it was.

use kernel::{Duration, Timestamp, UserId};
use web::text::Text;

use crate::model::Period;

/// The right edge.
pub const WHOLE: i64 = 10_000;

/// No bar is narrower: a support call of five minutes must not vanish in a month.
pub const NARROWEST: i64 = 70;

/// Days that can be looked at.
pub const DAYS: [i64; 3] = [1, 7, 30];

/// What one picture shows, from midnight to midnight on the person's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub days: i64,
    pub from: Timestamp,
    pub to: Timestamp,
    pub now: Timestamp,
}

/// A stretch between two edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    pub from: i64,
    pub to: i64,
}

/// One period as it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Up to now, or up to its end.
    pub past: Stretch,
    /// What is still to come if nobody ends it.
    pub future: Option<Stretch>,
}

/// An edge with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    pub at: i64,
    /// Left out where there is little room.
    pub weekday: String,
    pub label: String,
}

impl Frame {
    /// The last so many days, today as a whole.
    pub fn of(t: &Text, days: i64) -> Self {
        let now = t.now();
        Self { days, from: day_start(t, now, 1 - days), to: day_start(t, now, 1), now }
    }

    /// Where a moment is.
    pub fn place(&self, at: Timestamp) -> i64 {
        let whole = i128::from(self.to.as_micros()) - i128::from(self.from.as_micros());
        let part = i128::from(at.as_micros()) - i128::from(self.from.as_micros());
        let place = part * i128::from(WHOLE) / whole.max(1);
        i64::try_from(place.clamp(0, i128::from(WHOLE))).unwrap_or(WHOLE)
    }

    /// `None` if the period lies outside.
    pub fn bar(&self, began_at: Timestamp, ends_at: Timestamp) -> Option<Bar> {
        if ends_at <= self.from || began_at >= self.to {
            return None;
        }
        let past = widened(self.place(began_at), self.place(ends_at.min(self.now)));
        let end = self.place(ends_at);
        let future = (ends_at > self.now && end > past.to).then_some(Stretch { from: past.to, to: end });
        Some(Bar { past, future })
    }

    /// Midnights, or hours if there is one day only.
    pub fn ticks(&self, t: &Text) -> Vec<Tick> {
        if self.days == 1 {
            let hours = (0..24).step_by(4).map(|hour| self.from + Duration::hours(hour));
            return hours
                .map(|at| Tick { at: self.place(at), weekday: String::new(), label: t.clock(at) })
                .collect();
        }
        let step = if self.days > 7 { 5 } else { 1 };
        let days = (0..self.days)
            .filter(|day| day % step == 0)
            .map(|day| day_start(t, self.now, day - self.days + 1));
        days.map(|at| Tick {
            at: self.place(at),
            weekday: if step == 1 { t.weekday(at) } else { String::new() },
            label: t.day_number(at).to_string(),
        })
        .collect()
    }
}

/// Midnight of the day that is so many days away. Days of 23 and 25 hours are days too.
fn day_start(t: &Text, now: Timestamp, away: i64) -> Timestamp {
    let today = t.midnight(now) + Duration::hours(12);
    let noonish = if away < 0 { today - Duration::days(-away) } else { today + Duration::days(away) };
    t.midnight(noonish)
}

fn widened(from: i64, to: i64) -> Stretch {
    let to = to.max(from);
    if to - from >= NARROWEST {
        return Stretch { from, to };
    }
    let from = from.min(WHOLE - NARROWEST);
    Stretch { from, to: from + NARROWEST }
}

/// All periods of one outsider; of nobody, while a token waits.
#[derive(Debug)]
pub struct Line<'a> {
    pub outsider: Option<UserId>,
    pub bars: Vec<(&'a Period, Bar)>,
}

/// One line for each outsider, in the order in which they first came.
pub fn lines<'a>(frame: &Frame, periods: &'a [Period]) -> Vec<Line<'a>> {
    let mut drawn: Vec<_> = periods
        .iter()
        .filter_map(|period| Some((period, frame.bar(period.began_at(), period.ends_at())?)))
        .collect();
    drawn.sort_by_key(|(period, _)| (period.began_at(), period.grant.id));
    let mut lines: Vec<Line<'a>> = Vec::new();
    for (period, bar) in drawn {
        let outsider = period.outsider.as_ref().map(|outsider| outsider.user);
        match lines.iter_mut().find(|line| line.outsider == outsider) {
            Some(line) => line.bars.push((period, bar)),
            None => lines.push(Line { outsider, bars: vec![(period, bar)] }),
        }
    }
    lines
}

/// `1234` as `12.34%`.
pub fn percent(hundredths: i64) -> String {
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}
