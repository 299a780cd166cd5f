//! A request, and what it may hold.

use kernel::{Code, Duration, Error, Factor, FieldError, OrganizationId, RequestId, Timestamp, UserId};

pub const LONGEST_SUBJECT: usize = 120;
pub const LONGEST_TEXT: usize = 4000;

/// So many a person may write within [`WINDOW`].
pub const MOST: usize = 20;
pub const WINDOW: Duration = Duration::hours(1);
/// So many of a person may wait at once: more of them would only hide those of others.
pub const MOST_OPEN: i64 = 10;

/// What somebody asks from inside.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: RequestId,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub user: UserId,
    pub name: String,
    pub subject: String,
    pub text: String,
    /// What the person had shown beyond the password.
    pub factor: Factor,
    /// Whether the person had a second factor at all then.
    pub has_second_factor: bool,
    pub created_at: Timestamp,
    pub answer: Option<Answer>,
    pub withdrawn_at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub at: Timestamp,
    pub by: UserId,
    pub name: String,
    pub text: String,
}

/// Where a request stands. It waits once, and never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Waiting,
    Answered,
    Withdrawn,
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Answered => "answered",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// How sure it is that the request is the person's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Password and the person's own device.
    SecondFactor,
    /// Less than all that the person has: a browser that is remembered, or a recovery code.
    Earlier,
    /// A password, and there is no second factor.
    PasswordOnly,
}

impl Proof {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SecondFactor => "second_factor",
            Self::Earlier => "earlier",
            Self::PasswordOnly => "password_only",
        }
    }
}

impl Request {
    pub const fn state(&self) -> State {
        match (&self.answer, self.withdrawn_at) {
            (Some(_), _) => State::Answered,
            (None, Some(_)) => State::Withdrawn,
            (None, None) => State::Waiting,
        }
    }

    pub const fn proof(&self) -> Proof {
        if self.factor.is_second() {
            Proof::SecondFactor
        } else if self.has_second_factor {
            Proof::Earlier
        } else {
            Proof::PasswordOnly
        }
    }

    /// Its author may take it back, and an administrator of the organization.
    pub fn may_be_withdrawn_by(&self, user: UserId, is_administrator: bool) -> bool {
        self.user == user || is_administrator
    }
}

/// One more, if the last hour has room for it; otherwise how long to wait. `latest` are the moments of the latest
/// [`MOST`], the newest first.
pub fn may_ask_again(latest: &[Timestamp], now: Timestamp) -> Result<(), Error> {
    match latest.get(MOST - 1) {
        Some(oldest) if *oldest + WINDOW > now => {
            let seconds = (*oldest + WINDOW).since(now).as_seconds() + 1;
            Err(Error::TooMany { retry_after_seconds: u32::try_from(seconds).unwrap_or(u32::MAX) })
        }
        _ => Ok(()),
    }
}

/// A subject and a text in order, or what is wrong with them.
pub fn checked(subject: &str, text: &str) -> Result<(String, String), Error> {
    let mut wrong = Vec::new();
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Err((code, sentence)) = words(&subject, LONGEST_SUBJECT) {
        wrong.push(FieldError { field: "subject", code: Code(code), sentence });
    }
    let text = checked_text("text", text).unwrap_or_else(|field| {
        wrong.push(field);
        String::new()
    });
    if wrong.is_empty() { Ok((subject, text)) } else { Err(Error::Invalid(wrong)) }
}

/// Lines of text in order, or what is wrong with them.
pub fn checked_text(field: &'static str, text: &str) -> Result<String, FieldError> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim();
    match words(text, LONGEST_TEXT) {
        Ok(()) => Ok(text.to_owned()),
        Err((code, sentence)) => Err(FieldError { field, code: Code(code), sentence }),
    }
}

fn words(text: &str, longest: usize) -> Result<(), (&'static str, String)> {
    if text.is_empty() {
        return Err(("required", "Write what it is about.".to_owned()));
    }
    if text.chars().count() > longest {
        return Err(("too_long", format!("Write at most {longest} characters.")));
    }
    let is_odd = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || people::model::is_invisible(c);
    if text.chars().any(is_odd) {
        return Err(("not_text", "Write it without control characters.".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    #[test]
    fn twenty_an_hour_and_no_more() {
        let latest: Vec<_> = (0..20).map(|n| NOW - Duration::minutes(n)).collect();
        may_ask_again(&latest[..19], NOW).expect("one more");
        let Err(Error::TooMany { retry_after_seconds }) = may_ask_again(&latest, NOW) else {
            panic!("too many")
        };
        assert_eq!(retry_after_seconds, 41 * 60 + 1);
        may_ask_again(&latest, NOW + Duration::minutes(41)).expect("the first is an hour ago");
    }

    /// S71: a subject is one line, and neither holds what turns the direction of text.
    #[test]
    fn what_is_written_is_text() {
        let (subject, text) =
            checked("  Close \r\n the  year ", " first\r\nsecond\rthird ").expect("in order");
        assert_eq!((subject.as_str(), text.as_str()), ("Close the year", "first\nsecond\nthird"));
        for (subject, text) in [("", "x"), ("x", " \n"), ("a\u{202e}b", "x"), ("x", "a\u{0}b")] {
            assert!(matches!(checked(subject, text), Err(Error::Invalid(fields)) if fields.len() == 1));
        }
        assert!(checked(&"x".repeat(121), &"x".repeat(4001)).is_err());
        checked(&"x".repeat(120), &"x".repeat(4000)).expect("as long as may be");
    }
}
