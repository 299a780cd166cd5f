//! The timeline and its table in words: the same bars in both.

use grants::{EndedHow, Kind, State};
use web::{
    page,
    text::{Text, dashed},
};

use crate::{
    model::Period,
    sentences::plain,
    timeline::{self, Bar, Frame, Stretch, Tick, percent},
};

/// Heights in the picture: the first label, from line to line, from a label to its bars.
const FIRST: i64 = 46;
const PITCH: i64 = 44;
const BELOW: i64 = 14;

/// Names are cut in the picture, where they have one line.
const LONGEST_LABEL: usize = 60;

/// A straight line of the drawing.
pub struct Drawn {
    pub class: &'static str,
    pub x1: String,
    pub x2: String,
    pub y: String,
}

/// One bar, and the row of the table that says the same.
pub struct Row {
    pub strokes: Vec<Drawn>,
    pub who: String,
    pub from: page::Markup,
    pub to: page::Markup,
    pub how: String,
    pub href: String,
    pub code: String,
}

/// One outsider.
pub struct Line {
    pub label: String,
    pub label_y: i64,
    pub rows: Vec<Row>,
}

pub struct Mark {
    pub x: String,
    pub weekday: String,
    pub label: String,
}

pub struct Picture {
    pub height: i64,
    pub marks: Vec<Mark>,
    pub now: String,
    /// The word beside the line of now would leave the picture on its right.
    pub now_is_late: bool,
    pub label: String,
    pub lines: Vec<Line>,
}

impl Picture {
    pub fn of(t: &Text, frame: &Frame, periods: &[Period], vendor: &str) -> Self {
        let lines: Vec<_> = timeline::lines(frame, periods)
            .iter()
            .zip(0i64..)
            .map(|(line, place)| {
                let label_y = FIRST + place * PITCH;
                let row = |(period, bar): &(&Period, Bar)| row(t, period, *bar, label_y + BELOW, vendor);
                let label =
                    line.bars.first().map_or_else(String::new, |(period, _)| who(t, period, LONGEST_LABEL));
                Line { label, label_y, rows: line.bars.iter().map(row).collect() }
            })
            .collect();
        let now = frame.place(frame.now);
        let last_day = frame.to - kernel::Duration::hours(1);
        let label = if frame.days == 1 {
            t.with("access_log-picture-day", [("day", &t.day(frame.from))])
        } else {
            t.with("access_log-picture-days", [("from", &t.day(frame.from)), ("to", &t.day(last_day))])
        };
        Self {
            height: PITCH * (i64::try_from(lines.len()).unwrap_or_default() + 1),
            marks: frame.ticks(t).into_iter().map(mark).collect(),
            now: percent(now),
            now_is_late: now > timeline::WHOLE * 96 / 100,
            label,
            lines,
        }
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.lines.iter().flat_map(|line| &line.rows)
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

fn mark(tick: Tick) -> Mark {
    Mark { x: percent(tick.at), weekday: tick.weekday, label: tick.label }
}

fn row(t: &Text, period: &Period, bar: Bar, y: i64, vendor: &str) -> Row {
    Row {
        strokes: strokes(period, bar, y, t),
        who: who(t, period, LONGEST_LABEL),
        from: t.time(period.began_at()),
        to: t.time(period.ends_at()),
        how: ending(t, period, vendor),
        href: format!("/organizations/{}/access-log/{}", period.organization, period.grant.id),
        code: match period.grant.kind {
            Kind::SupportToken => dashed(&period.reference_code),
            _ => name(t, period),
        },
    }
}

/// What a way in is called: "Token 7QM4-K2XV".
pub fn name(t: &Text, period: &Period) -> String {
    match period.grant.kind {
        Kind::SupportToken => t.with("access_log-grant-title", [("code", &dashed(&period.reference_code))]),
        Kind::TemporaryCredentials => t.get("access_log-temporary-title"),
        Kind::Partner => t.get("access_log-partner-title"),
    }
}

/// A line for the state; what nobody took is the double line of waiting, also when it is over.
fn strokes(period: &Period, bar: Bar, y: i64, t: &Text) -> Vec<Drawn> {
    let drawn = |class, stretch: Stretch, y: String| Drawn {
        class,
        x1: percent(stretch.from),
        x2: percent(stretch.to),
        y,
    };
    if period.grant.activated_at.is_none() {
        let halves = [format!("{}.5", y - 4), format!("{}.5", y + 3)];
        return halves.map(|y| drawn(page::State::Pending.class(), bar.past, y)).into();
    }
    let state = state(period.grant.state(t.now()));
    let mut strokes = vec![drawn(state.class(), bar.past, y.to_string())];
    if let Some(future) = bar.future.filter(|_| state == page::State::Active) {
        strokes.push(drawn("future", future, y.to_string()));
    }
    strokes
}

/// The state as it is drawn everywhere.
pub const fn state(state: State) -> page::State {
    match state {
        State::Pending => page::State::Pending,
        State::Active => page::State::Active,
        State::Disabled => page::State::Disabled,
        State::Expired => page::State::Expired,
        State::Revoked => page::State::Revoked,
    }
}

/// "Ana Souza, level 2"; while nobody has taken it, that.
pub fn who(t: &Text, period: &Period, longest: usize) -> String {
    match &period.outsider {
        // A partner has it, whoever of its people is in.
        None if !period.company.is_empty() => plain(&period.company, longest),
        None => t.get("access_log-nobody"),
        Some(outsider) => {
            let name = plain(&outsider.name, longest);
            match outsider.level {
                Some(level) => t.with("access_log-agent", [("name", &name), ("level", &level)]),
                None => name,
            }
        }
    }
}

/// How it ended, and by whom; or how long it still goes.
pub fn ending(t: &Text, period: &Period, vendor: &str) -> String {
    let clock = t.clock_with_today(period.ends_at());
    let was_taken = period.grant.activated_at.is_some();
    match period.grant.state(t.now()) {
        State::Pending => t.with("access_log-end-pending", [("clock", &clock)]),
        State::Active => t.with("access_log-end-active", [("clock", &clock)]),
        State::Disabled => t.get("access_log-end-disabled"),
        State::Expired if was_taken => t.get("access_log-end-expired"),
        State::Expired => t.get("access_log-end-nobody"),
        State::Revoked => {
            let outsider = period.outsider.as_ref().map_or("", |outsider| &outsider.name);
            let by = [period.ended_by(), outsider].map(|name| plain(name, LONGEST_LABEL));
            let somebody = t.get("access_log-somebody");
            let [by, agent] = by.map(|name| if name.is_empty() { somebody.clone() } else { name });
            match period.ended_how() {
                Some(EndedHow::Agent) => t.with("access_log-end-agent", [("agent", &agent)]),
                Some(EndedHow::Vendor) => t.with("access_log-end-vendor", [("by", &by), ("vendor", &vendor)]),
                Some(EndedHow::AgentRemoved) => {
                    t.with("access_log-end-removed", [("agent", &agent), ("vendor", &vendor)])
                }
                _ => t.with("access_log-end-customer", [("by", &by)]),
            }
        }
    }
}
