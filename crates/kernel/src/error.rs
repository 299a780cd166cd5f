//! What can go wrong, by what the caller can do about it. Nothing else leaves an operation.

use std::fmt;

/// A stable name of an error, part of the API and never translated, such as `support_token_already_taken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(pub &'static str);

/// One field that cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name, as in the form and in the JSON.
    pub field: &'static str,
    pub code: Code,
    /// What is wrong and what to do, for people.
    pub sentence: String,
}

/// The closed set.
#[derive(Debug)]
pub enum Error {
    /// Nobody is signed in, or no longer.
    Unauthenticated,
    /// Signed in, but the answer is no; the sentence says who could give what is missing.
    Forbidden(Code, String),
    /// Not there, or not this caller's to know of: one answer for both.
    NotFound,
    /// Somebody or something was first; the sentence says who.
    Conflict(Code, String),
    Invalid(Vec<FieldError>),
    TooMany {
        retry_after_seconds: u32,
    },
    /// Cannot know right now, so the answer is no.
    Unavailable(String),
    /// What it was stays in the log.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn forbidden(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::Forbidden(Code(code), sentence.into())
    }

    pub fn conflict(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::Conflict(Code(code), sentence.into())
    }

    /// One field is wrong.
    pub fn invalid(field: &'static str, code: &'static str, sentence: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field, code: Code(code), sentence: sentence.into() }])
    }

    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    pub const fn code(&self) -> Code {
        match self {
            Self::Unauthenticated => Code("unauthenticated"),
            Self::Forbidden(code, _) | Self::Conflict(code, _) => *code,
            Self::NotFound => Code("not_found"),
            Self::Invalid(_) => Code("invalid"),
            Self::TooMany { .. } => Code("too_many_requests"),
            Self::Unavailable(_) => Code("unavailable"),
            Self::Internal(_) => Code("internal"),
        }
    }

    /// The HTTP status, here because it is the same for pages and for the API.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Forbidden(..) => 403,
            Self::NotFound => 404,
            Self::Conflict(..) => 409,
            Self::Invalid(_) => 422,
            Self::TooMany { .. } => 429,
            Self::Unavailable(_) => 503,
            Self::Internal(_) => 500,
        }
    }
}

impl fmt::Display for Error {
    /// For logs: the code, and the source of what is internal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "unavailable: {why}"),
            Self::Internal(source) => write!(f, "internal: {source}"),
            Self::Invalid(fields) => {
                f.write_str("invalid:")?;
                fields.iter().try_for_each(|field| write!(f, " {}={}", field.field, field.code.0))
            }
            other => f.write_str(other.code().0),
        }
    }
}

impl std::error::Error for Error {}
