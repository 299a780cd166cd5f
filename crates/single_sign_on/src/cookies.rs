//! The cookie of a browser that is on its way to a provider and back.

use axum::response::Response;
use http::{HeaderMap, header};
use kernel::Secret;
use web::{
    Caller,
    cookies::{self, Cookie},
};

use crate::model::ERRAND_LASTS;

/// By what a browser says that it is, or was just, on its way.
pub fn find<'a>(caller: &Caller, headers: &'a HeaderMap) -> Option<&'a str> {
    cookies::find(headers, Cookie::SingleSignOn, caller.world.settings.secure_cookies)
}

/// The answer to a browser that is sent to a provider.
#[must_use]
pub fn sent(caller: &Caller, mut response: Response, secret: &Secret) -> Response {
    let secure = caller.world.settings.secure_cookies;
    let cookie = cookies::set_for(Cookie::SingleSignOn, secure, secret.expose(), ERRAND_LASTS);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// The answer to a browser that is back for good.
#[must_use]
pub fn arrived(caller: &Caller, mut response: Response) -> Response {
    let cookie = cookies::clear(Cookie::SingleSignOn, caller.world.settings.secure_cookies);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
