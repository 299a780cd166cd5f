//! Parts that need a thought before they are drawn.

use super::Markup;
use crate::text::{Moment, Text, escape};

/// The state of a grant: a word, an icon, a line, and only then a colour. There are no others on a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    Pending,
    Active,
    Disabled,
    Expired,
    Revoked,
}

impl State {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Active, Self::Disabled, Self::Expired, Self::Revoked];

    /// The class, and the value in forms and addresses.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.class() == text)
    }

    pub const fn icon(self) -> &'static str {
        match self {
            Self::Pending => "clock",
            Self::Active => "tick",
            Self::Disabled => "pause",
            Self::Expired => "glass",
            Self::Revoked => "cross",
        }
    }

    /// The padlock's drawing: only what is waiting or open looks so.
    pub const fn padlock(self) -> &'static str {
        match self {
            Self::Pending => "waiting",
            Self::Active => "open",
            Self::Disabled | Self::Expired | Self::Revoked => "closed",
        }
    }

    pub fn word(self, t: &Text) -> String {
        t.get(match self {
            Self::Pending => "state-pending",
            Self::Active => "state-active",
            Self::Disabled => "state-disabled",
            Self::Expired => "state-expired",
            Self::Revoked => "state-revoked",
        })
    }

    pub const fn is_revoked(self) -> bool {
        matches!(self, Self::Revoked)
    }

    /// Whether there is something to revoke.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Pending | Self::Active)
    }
}

/// What is left of a grant: a drawing, with the same in words.
#[derive(Debug, Clone)]
pub struct Ring {
    from_seconds: i64,
    to_seconds: i64,
    now_seconds: i64,
    words: String,
    clock: String,
    units: [String; 3],
}

impl Ring {
    pub fn new(t: &Text, from: impl Moment, to: impl Moment) -> Self {
        let (from, to, now) = (from.moment(), to.moment(), t.now());
        let clock = t.clock(to);
        let words = if to > now {
            t.with("ring-left", [("clock", &clock), ("left", &t.span(now, to))])
        } else {
            t.with("ring-over", [("clock", &clock)])
        };
        Self {
            from_seconds: from.as_seconds(),
            to_seconds: to.as_seconds(),
            now_seconds: now.as_seconds(),
            words,
            clock,
            units: ["ring-d", "ring-h", "ring-min"].map(|key| t.get(key)),
        }
    }

    /// The share that is left, 0 to 100, with one decimal.
    pub fn percent(&self) -> String {
        let whole = (self.to_seconds - self.from_seconds).max(1);
        let left = (self.to_seconds - self.now_seconds).clamp(0, whole);
        let tenths = left.saturating_mul(1000) / whole;
        format!("{}.{}", tenths / 10, tenths % 10)
    }

    /// One or two short lines for the middle: "1 h" over "46".
    pub fn lines(&self) -> Vec<String> {
        let minutes = (self.to_seconds - self.now_seconds).max(0) / 60;
        let [d, h, min] = &self.units;
        match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
            (0, 0, minutes) => vec![minutes.to_string(), min.clone()],
            (0, hours, minutes) => vec![format!("{hours} {h}"), format!("{minutes:02}")],
            (days, 0, _) => vec![format!("{days} {d}")],
            (days, hours, _) => vec![format!("{days} {d}"), format!("{hours} {h}")],
        }
    }

    /// The ring beside a whole token.
    pub fn draw_large(&self) -> Markup {
        self.drawn("ring l", 104)
    }

    /// The ring in a card or in a list.
    pub fn draw(&self) -> Markup {
        self.drawn("ring", 60)
    }

    /// The script moves it on by the two moments; without it the ring stays as it was for the page's time.
    fn drawn(&self, class: &str, size: u8) -> Markup {
        let lines = self.lines().iter().map(|line| escape(line)).collect::<Vec<_>>().join("<br>");
        let units = self.units.iter().map(|unit| escape(unit)).collect::<Vec<_>>().join(" ");
        Markup::from(format!(
            "<span class=\"{class}\" role=\"timer\" aria-label=\"{words}\" data-ring=\"{from} {to}\" \
             data-units=\"{units}\" data-clock=\"{clock}\">\
             <svg width=\"{size}\" height=\"{size}\" viewBox=\"0 0 48 48\" aria-hidden=\"true\">\
             <circle class=\"t\" cx=\"24\" cy=\"24\" r=\"20\"/>\
             <circle class=\"v\" cx=\"24\" cy=\"24\" r=\"20\" pathLength=\"100\" stroke-dasharray=\"{percent} 100\"/>\
             </svg><b aria-hidden=\"true\">{lines}</b></span>",
            words = escape(&self.words),
            from = self.from_seconds,
            to = self.to_seconds,
            clock = escape(&self.clock),
            percent = self.percent(),
        ))
    }
}
