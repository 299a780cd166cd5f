//! One instant, one length, one clock. Instants are UTC microseconds, as the database keeps them.

use std::{fmt, future::Future, ops, pin::Pin};

/// A moment in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Later than everything: for what has no end.
    pub const MAX: Self = Self(i64::MAX);

    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded down, as tokens and HTTP dates want them.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The length from `earlier` to this moment; nothing if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        let micros = self.0.saturating_sub(earlier.0);
        Duration(if micros < 0 { 0 } else { micros })
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}

impl ops::Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, length: Duration) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}

impl ops::Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, length: Duration) -> Self {
        Self(self.0.saturating_sub(length.0))
    }
}

/// A length of time in microseconds, never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Duration(i64);

impl Duration {
    pub const ZERO: Self = Self(0);

    pub const fn micros(n: i64) -> Self {
        Self(if n < 0 { 0 } else { n })
    }
    pub const fn milliseconds(n: i64) -> Self {
        Self::micros(n.saturating_mul(1_000))
    }
    pub const fn seconds(n: i64) -> Self {
        Self::micros(n.saturating_mul(1_000_000))
    }
    pub const fn minutes(n: i64) -> Self {
        Self::seconds(n.saturating_mul(60))
    }
    pub const fn hours(n: i64) -> Self {
        Self::minutes(n.saturating_mul(60))
    }
    pub const fn days(n: i64) -> Self {
        Self::hours(n.saturating_mul(24))
    }

    pub const fn as_micros(self) -> i64 {
        self.0
    }
    pub const fn as_seconds(self) -> i64 {
        self.0 / 1_000_000
    }

    /// For timers of the standard library and of the runtime.
    pub const fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_micros(self.0.unsigned_abs())
    }
}

impl ops::Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// What a background loop waits on.
pub type Wait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Where time comes from. A test gives one that it can move.
pub trait Clock: Send + Sync + 'static {
    fn now(&self) -> Timestamp;

    /// Resolves when the clock shows `at` or later.
    fn wait_until(&self, at: Timestamp) -> Wait<'_>;
}
