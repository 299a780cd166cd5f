//! A page: the frame around it, the answers it can give, and the parts it is made of.
//!
//! A capability writes a struct with a field `shell`, a template that extends `layout.html`, and hands both to
//! [`page`]. The parts are macros in `templates/parts.html`.

mod drawing;
mod error;
mod form;
mod part;
mod shell;
#[cfg(test)]
mod tests;

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

pub use drawing::{Markup, door, icon, logo, padlock};
pub use error::{Action, Ended, Refused, error, error_page};
pub use form::{Errors, Form, FormRejection};
pub use part::{Ring, State};
pub use shell::{Console, Nav, Shell, Viewer};

/// The page as an answer. Never kept by a browser or by anything on the way: it says who has access now.
pub fn page<T: Template>(status: StatusCode, template: &T) -> Response {
    match template.render() {
        Ok(html) => (
            status,
            [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ],
            html,
        )
            .into_response(),
        Err(source) => {
            tracing::error!(error = %source, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Where a form leads after it has done its work, so that going back or reloading does it only once.
pub fn see_other(path: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(path) else {
        tracing::error!("a redirection leads to a path that is no header value");
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
    )
        .into_response()
}
