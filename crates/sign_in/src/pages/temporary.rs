//! Temporary credentials, on the page on which everybody signs in (D5).

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use kernel::Timestamp;
use temporary_credentials::operations::{Opened, Proved};
use web::{
    Caller, Failure,
    page::{page, see_other},
};

use super::{sign_in_page, with_way_out};
use crate::{cookies, operations::Wanted};

/// Where whoever holds them begins.
const BEGINS: &str = "/temporary";

pub async fn sign_in(
    caller: &Caller,
    headers: &HeaderMap,
    proved: Proved,
    email: String,
    wanted: &Wanted,
) -> Result<Response, Failure> {
    let earlier = cookies::temporary(caller, headers);
    let trouble = match temporary_credentials::operations::sign_in(caller, proved, earlier).await? {
        Opened::In(signed_in) => {
            return Ok(cookies::signed_in_temporarily(caller, see_other(BEGINS), &signed_in.secret));
        }
        Opened::Ended(at) => ended(caller, at),
        Opened::NoAgent => caller.text().get("sign-in-temporary-agent"),
    };
    let form = sign_in_page(caller, email, wanted, Some(trouble));
    with_way_out(caller, page(StatusCode::FORBIDDEN, &form), wanted).await
}

/// D9: they say when they ended. Nobody is signed in, so the clock is the world's, and says so.
fn ended(caller: &Caller, at: Timestamp) -> String {
    let t = caller.text();
    t.with("sign-in-temporary-ended", [("clock", &t.clock(at)), ("zone", &t.zone_name())])
}
