//! The manners of the API: JSON in and out, problem+json for what goes wrong (RFC 9457), pages of lists.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header, request::Parts};
use kernel::Error;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::{App, Failure};

/// A JSON body, in or out. Unknown fields are ignored; what cannot be read is 400, what is no JSON is 415.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    #[expect(clippy::disallowed_types, reason = "this is the replacement")]
    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        use axum::extract::rejection::JsonRejection;
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Failure::UnsupportedMediaType),
            Err(JsonRejection::BytesRejection(rejection)) => Err(rejection.status().into()),
            Err(rejection) => Err(Failure::Malformed(rejection.body_text())),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
            }
            Err(source) => Failure::from(Error::internal(source)).into_response(),
        }
    }
}

/// The answer to a call that made something.
pub fn created<T: Serialize>(value: T) -> Response {
    (StatusCode::CREATED, Json(value)).into_response()
}

/// A part of the path. What cannot be such an id is not found.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    #[expect(clippy::disallowed_types, reason = "this is the replacement")]
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Error::NotFound.into()),
        }
    }
}

/// The query of a request.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    #[expect(clippy::disallowed_types, reason = "this is the replacement")]
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(Failure::Malformed(rejection.body_text())),
        }
    }
}

/// Which page of a list. `page_token` is the `next_token` of the page before.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct PageQuery {
    /// How many, 1 to 200; 50 if not given.
    pub limit: Option<u32>,
    pub page_token: Option<String>,
}

impl PageQuery {
    pub fn limit(&self) -> i64 {
        i64::from(self.limit.unwrap_or(50).clamp(1, 200))
    }
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct List<T> {
    pub data: Vec<T>,
    pub page: PageInfo,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PageInfo {
    /// Empty on the last page.
    pub next_token: String,
    pub count: usize,
}

impl<T> List<T> {
    pub fn new(data: Vec<T>, next_token: Option<String>) -> Self {
        let count = data.len();
        Self { data, page: PageInfo { next_token: next_token.unwrap_or_default(), count } }
    }

    /// Everything on one page.
    pub fn whole(data: Vec<T>) -> Self {
        Self::new(data, None)
    }
}

/// An instant as RFC 3339 in UTC.
pub fn rfc3339(at: kernel::Timestamp) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros()).map_or_else(|_| String::new(), |at| at.to_string())
}

/// An instant of a request, RFC 3339 with a zone.
pub fn instant(field: &'static str, text: &str) -> Result<kernel::Timestamp, Error> {
    text.parse::<jiff::Timestamp>().map(|at| kernel::Timestamp::from_micros(at.as_microsecond())).map_err(
        |_| {
            Error::invalid(
                field,
                "not_an_instant",
                "Give a time as in RFC 3339, for example 2027-03-01T14:00:00Z.",
            )
        },
    )
}

/// The kind of a problem is its status and its `code`; RFC 9457 §4.2.1 has this type for that.
pub const ABOUT_BLANK: &str = "about:blank";

/// What the caller of the API reads when something goes wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Always `about:blank`: `code` tells the kinds apart.
    pub r#type: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// The id of the request.
    pub instance: String,
    /// Stable, never translated.
    pub code: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ProblemField>,
    /// Where the person can do what is asked for, if it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_up_url: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemField {
    /// JSON pointer into the request (RFC 6901).
    pub pointer: String,
    pub code: String,
    pub detail: String,
}

/// Where a person sets up a second factor that they may not be without.
pub const SET_UP_PATH: &str = "/sign-in/secure-your-account";

/// `public` is the address that this server is known by.
pub(crate) fn problem(failure: &Failure, request_id: &str, public: &str) -> Response {
    let status = failure.status();
    let code = failure.code();
    let mut errors = Vec::new();
    let detail = match failure {
        Failure::Operation(error) => match &**error {
            Error::Unauthenticated => {
                "Sign in, or send an API key as Authorization: Bearer lsk_….".to_owned()
            }
            Error::Forbidden(_, sentence) | Error::Conflict(_, sentence) => sentence.clone(),
            Error::NotFound => "There is no such thing here, or it is not yours to see.".to_owned(),
            Error::Invalid(fields) => {
                errors = fields
                    .iter()
                    .map(|field| ProblemField {
                        pointer: format!("#/{}", field.field),
                        code: field.code.0.to_owned(),
                        detail: field.sentence.clone(),
                    })
                    .collect();
                "Some fields cannot be taken as they are.".to_owned()
            }
            Error::TooMany { retry_after_seconds } => {
                format!("Too many tries. Try again in {retry_after_seconds} s.")
            }
            Error::Unavailable(_) => "The server cannot answer right now. Nothing was changed.".to_owned(),
            Error::Internal(_) => {
                "Something failed in the server. It was logged under the request's id.".to_owned()
            }
        },
        Failure::Malformed(sentence) => sentence.clone(),
        Failure::TooLarge => "The body is larger than 256 KiB.".to_owned(),
        Failure::MethodNotAllowed => "This address does not take that method.".to_owned(),
        Failure::UnsupportedMediaType => "Send JSON with Content-Type: application/json.".to_owned(),
        Failure::CrossSite => "The request comes from a page of another site.".to_owned(),
        Failure::SecondFactorFirst => format!(
            "An organization of this person asks for a second factor, and none is set up. A person does that at {public}{SET_UP_PATH}."
        ),
        Failure::Misdirected { .. } => "This server does not answer for that host.".to_owned(),
    };
    let body = Problem {
        r#type: ABOUT_BLANK.to_owned(),
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        detail,
        instance: request_id.to_owned(),
        code: code.to_owned(),
        errors,
        set_up_url: matches!(failure, Failure::SecondFactorFirst).then(|| format!("{public}{SET_UP_PATH}")),
    };
    let body = serde_json::to_vec(&body).unwrap_or_else(|_| json!({ "code": code }).to_string().into_bytes());
    let mut response =
        (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))], body)
            .into_response();
    let headers = response.headers_mut();
    if let Failure::Operation(error) = failure {
        match **error {
            Error::Unauthenticated => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Error::TooMany { retry_after_seconds } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds));
            }
            Error::Unavailable(_) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(2));
            }
            _ => {}
        }
    }
    response
}

/// The caller reads JSON, not pages.
pub(crate) fn wants_json(request: &Request) -> bool {
    let path = request.uri().path();
    path.starts_with("/api/") || path.starts_with("/authz/") || path == "/openapi.json"
}

/// A router of the API; what it serves and what its description says come from the same line.
pub type Routes = utoipa_axum::router::OpenApiRouter<App>;
