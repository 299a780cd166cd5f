//! From the headers of a request to the person behind them.

use http::HeaderMap;
use kernel::{Error, Person};
use operation::Call;
use web::cookies::{self, Cookie};

use crate::operations;

/// Who presents a good session in the cookie of our own host. Nobody if there is none, or if it is doubtful which (S35).
pub async fn authenticate(call: &Call, headers: &HeaderMap) -> Result<Option<Person>, Error> {
    match cookies::find(headers, Cookie::Session, call.world.settings.secure_cookies) {
        Some(presented) => operations::authenticate(call, presented).await,
        None => Ok(None),
    }
}
