//! From the headers of a request to the program behind them.

use http::{HeaderMap, header};
use kernel::{Error, Machine};
use operation::Call;

use crate::{model::ON_BEHALF_OF, operations};

/// The program behind the headers of a request: one `Authorization: Bearer lsk_…`, and perhaps the person whose act it
/// passes on. Nobody if there is no such header, if it is there twice, or if it cannot be read.
pub async fn authenticate(call: &Call, headers: &HeaderMap) -> Result<Option<Machine>, Error> {
    let Some(bearer) = single(headers, header::AUTHORIZATION.as_str()).and_then(token) else {
        return Ok(None);
    };
    if headers.get_all(ON_BEHALF_OF).iter().count() == 0 {
        return operations::authenticate(call, bearer, None).await;
    }
    // A person who is named twice, or illegibly, is nobody that we know; going on without them would drop what the
    // program asked for.
    operations::authenticate(call, bearer, Some(single(headers, ON_BEHALF_OF).unwrap_or_default())).await
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// The scheme is read in any case (RFC 9110); the token is not.
pub(crate) fn token(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}
