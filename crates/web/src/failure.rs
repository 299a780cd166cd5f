//! What went wrong, on its way to becoming an answer. It is rendered in one place, where it is known what the caller reads.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use kernel::Error;

use crate::page::{self, Shell};

/// An error of an operation, or of the request itself. Handlers of pages and of the API return it with `?`.
#[derive(Debug, Clone)]
pub enum Failure {
    Operation(Arc<Error>),
    /// The request cannot be read; the sentence says what to send instead.
    Malformed(String),
    TooLarge,
    MethodNotAllowed,
    UnsupportedMediaType,
    /// A page of another site tried to act here.
    CrossSite,
    /// Whoever calls has to set up a second factor before anything else is open to them (E2).
    SecondFactorFirst,
    /// The request is for a host that this server is not.
    Misdirected {
        opened: String,
    },
}

impl Failure {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Operation(error) => {
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::CrossSite | Self::SecondFactorFirst => StatusCode::FORBIDDEN,
            Self::Misdirected { .. } => StatusCode::MISDIRECTED_REQUEST,
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            Self::Operation(error) => error.code().0,
            Self::Malformed(_) => "malformed",
            Self::TooLarge => "too_large",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::CrossSite => "cross_site",
            Self::SecondFactorFirst => "second_factor_required",
            Self::Misdirected { .. } => "misdirected",
        }
    }

    /// The operation's error, for a handler that shows it in its own form.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Operation(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Operation(Arc::new(error))
    }
}

impl IntoResponse for Failure {
    /// Leaves the answer empty and itself beside it: the outer layer writes the page or the problem, and logs it once.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl Failure {
    /// The page for somebody who reads pages. `public` is the address that this server is known by.
    pub(crate) fn page(&self, mut shell: Shell, public: &str) -> Response {
        let t = shell.t.clone();
        let name = match self {
            Self::Operation(error) => return page::error(shell, error),
            Self::Malformed(_) => "http-malformed",
            Self::TooLarge => "http-too-large",
            Self::MethodNotAllowed | Self::UnsupportedMediaType => "http-method",
            Self::CrossSite => "http-cross-site",
            Self::SecondFactorFirst => "http-second-factor",
            Self::Misdirected { .. } => "http-misdirected",
        };
        shell.title = t.get(&format!("{name}-title"));
        let hint = t.get(&format!("{name}-hint"));
        match self {
            Self::Malformed(sentence) => page::error_page(shell, self.status(), sentence, Some(&hint), None),
            Self::Misdirected { opened } => {
                // The way back leads to the address that works, not to this one.
                let sentence = t.with("http-misdirected", [("opened", opened), ("public", &public)]);
                let open = t.with("http-misdirected-open", [("public", &public)]);
                page::error_page(shell, self.status(), &sentence, Some(&hint), Some((public, &open)))
            }
            _ => page::error_page(shell, self.status(), &t.get(name), Some(&hint), None),
        }
    }
}
