//! Forms that come in, and what is wrong with them.

use axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use kernel::{FieldError, Timestamp};
use serde::de::DeserializeOwned;

use super::{Shell, error_page};
use crate::text::Text;

/// Longer than any form of ours, even with a long reason in it.
const LIMIT: usize = 64 * 1024;

/// The fields of a form that was posted by one of our pages. Without a script there is one way to send them: URL-encoded.
#[derive(Debug, Clone, Copy, Default)]
pub struct Form<T>(pub T);

/// A form that is no form of ours. The answer is a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormRejection {
    TooLarge,
    WrongType,
    Unreadable,
}

impl<T, S> FromRequest<S> for Form<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = FormRejection;

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let media = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .map(|media| media.trim().to_ascii_lowercase());
        // A form without any field is sent by some browsers without a type.
        if media.as_deref().is_some_and(|media| media != "application/x-www-form-urlencoded") {
            return Err(FormRejection::WrongType);
        }
        let body =
            axum::body::to_bytes(request.into_body(), LIMIT).await.map_err(|_| FormRejection::TooLarge)?;
        if media.is_none() && !body.is_empty() {
            return Err(FormRejection::WrongType);
        }
        serde_urlencoded::from_bytes(&body).map(Self).map_err(|_| FormRejection::Unreadable)
    }
}

impl IntoResponse for FormRejection {
    fn into_response(self) -> Response {
        let (status, sentence, hint) = match self {
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "form-too-large", "form-too-large-hint"),
            Self::WrongType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "form-unreadable", "form-unreadable-hint")
            }
            Self::Unreadable => (StatusCode::BAD_REQUEST, "form-unreadable", "form-unreadable-hint"),
        };
        // Who sent it is not known at this point, so neither are their language nor their clock.
        let t = Text::new("en", "UTC", Timestamp::from_micros(0));
        let (sentence, hint) = (t.get(sentence), t.get(hint));
        let title = t.get("error-invalid-title");
        error_page(Shell::public(t, title), status, &sentence, Some(&hint), None)
    }
}

/// What is wrong with the fields of a form that is shown again.
#[derive(Debug, Clone, Default)]
pub struct Errors(Vec<FieldError>);

impl Errors {
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.sentence.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Field and sentence of each, in the order they were found.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|error| (error.field, error.sentence.as_str()))
    }

    /// The form as it was first asked for, or the form with what is wrong in it.
    pub fn status(&self) -> StatusCode {
        if self.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }
    }
}

impl From<Vec<FieldError>> for Errors {
    fn from(errors: Vec<FieldError>) -> Self {
        Self(errors)
    }
}
