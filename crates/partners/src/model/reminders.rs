//! When to remind of an end and of a review.

use kernel::{Duration, Timestamp};

/// So many days before. Of a review also when it has come.
const DAYS_TO_END: [i64; 3] = [30, 7, 1];
const DAYS_TO_REVIEW: [i64; 4] = [30, 7, 1, 0];

/// The first reminder comes so long before the moment.
pub const FIRST: Duration = Duration::days(30);
/// A review that came longer ago is not reminded of any more.
pub const LATE: Duration = Duration::days(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    End,
    Review,
}

impl About {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Review => "review",
        }
    }

    const fn days(self) -> &'static [i64] {
        match self {
            Self::End => &DAYS_TO_END,
            Self::Review => &DAYS_TO_REVIEW,
        }
    }
}

/// One letter to each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminder {
    pub about: About,
    /// The end or the review itself.
    pub moment: Timestamp,
    pub days: i64,
}

/// The reminder that is due now, sent or not. One that was due before the moment was chosen is not: whoever chose it knows.
pub fn due(
    about: About,
    moment: Timestamp,
    chosen_at: Option<Timestamp>,
    now: Timestamp,
) -> Option<Reminder> {
    let is_over = match about {
        About::End => moment <= now,
        About::Review => moment + LATE <= now,
    };
    if is_over {
        return None;
    }
    let due_at = |days: i64| moment - Duration::days(days);
    let days = about.days().iter().copied().filter(|days| due_at(*days) <= now).min()?;
    (chosen_at.is_none_or(|chosen| chosen < due_at(days))).then_some(Reminder { about, moment, days })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn days(about: About, chosen: i64, left: i64) -> Option<i64> {
        let moment = NOW + Duration::seconds(left);
        due(about, moment, Some(NOW - Duration::seconds(chosen)), NOW).map(|due| due.days)
    }

    const DAY: i64 = 86_400;

    /// B15: 30, 7 and 1 days before an end; never at a moment that whoever chose it knew to be near; not after it.
    #[test]
    fn an_end_is_reminded_of_three_times() {
        for (left, expected) in [
            (31 * DAY, None),
            (30 * DAY + 1, None),
            (30 * DAY, Some(30)),
            (8 * DAY, Some(30)),
            (7 * DAY, Some(7)),
            (2 * DAY, Some(7)),
            (DAY, Some(1)),
            (1, Some(1)),
            (0, None),
        ] {
            assert_eq!(days(About::End, 365 * DAY, left), expected, "{left}");
        }
        assert_eq!(days(About::End, 0, 5 * DAY), None, "just chosen");
        assert_eq!(days(About::End, DAY, 7 * DAY), Some(7), "chosen the day before it was due");
    }

    #[test]
    fn a_review_is_reminded_of_when_it_has_come_too() {
        assert_eq!(days(About::Review, 365 * DAY, DAY), Some(1));
        assert_eq!(days(About::Review, 365 * DAY, 0), Some(0));
        assert_eq!(due(About::Review, NOW - LATE, None, NOW), None);
    }
}
