//! The cookies of a sign-in: the half of one, the session, the browser that is remembered.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use kernel::Timestamp;
use second_factor::model::REMEMBERED_FOR;
use web::{
    Caller,
    cookies::{self, Cookie},
};

use crate::operations::{Brought, Browser, Half, SignedIn};

/// The half sign-in that a browser is in; empty if it is in none.
pub fn half<'a>(caller: &Caller, headers: &'a HeaderMap) -> &'a str {
    cookies::find(headers, Cookie::SignIn, caller.world.settings.secure_cookies).unwrap_or_default()
}

/// By what a browser says that it is remembered.
pub fn device<'a>(caller: &Caller, headers: &'a HeaderMap) -> Option<&'a str> {
    cookies::find(headers, Cookie::Device, caller.world.settings.secure_cookies)
}

/// The session of temporary credentials that a browser has.
pub fn temporary<'a>(caller: &Caller, headers: &'a HeaderMap) -> Option<&'a str> {
    cookies::find(headers, Cookie::Temporary, caller.world.settings.secure_cookies)
}

/// The answer to whoever signed in with them. A person's own session in the same browser stays: it is another cookie.
#[must_use]
pub fn signed_in_temporarily(caller: &Caller, mut response: Response, secret: &kernel::Secret) -> Response {
    append(&mut response, cookies::set(Cookie::Temporary, caller.world.settings.secure_cookies, secret));
    response
}

/// What a browser brings beside an address and a password.
pub fn brought<'a>(caller: &Caller, headers: &'a HeaderMap) -> Brought<'a> {
    Brought { device: device(caller, headers), errand: errand(caller, headers) }
}

/// The browser that is, or was just, on its way to a provider.
pub fn errand<'a>(caller: &Caller, headers: &'a HeaderMap) -> Option<&'a str> {
    single_sign_on::cookies::find(caller, headers)
}

/// The browser that asks for a passkey before anybody said who they are.
pub fn browser(caller: &Caller, headers: &HeaderMap) -> Browser {
    Browser::of(caller, cookies::find(headers, Cookie::Passkey, caller.world.settings.secure_cookies))
}

/// The answer to it.
#[must_use]
pub fn asking(caller: &Caller, mut response: Response, browser: &Browser) -> Response {
    append(
        &mut response,
        cookies::set(Cookie::Passkey, caller.world.settings.secure_cookies, browser.secret()),
    );
    response
}

/// The answer to whoever is signed in now: the half sign-in is over.
#[must_use]
pub fn signed_in(caller: &Caller, mut response: Response, signed_in: &SignedIn) -> Response {
    let secure = caller.world.settings.secure_cookies;
    append(&mut response, cookies::set(Cookie::Session, secure, &signed_in.secret));
    append(&mut response, cookies::clear(Cookie::SignIn, secure));
    if let Some(device) = &signed_in.device {
        append(&mut response, cookies::set_for(Cookie::Device, secure, device, REMEMBERED_FOR));
    }
    response
}

/// The answer to whoever has more to show.
#[must_use]
pub fn half_done(caller: &Caller, mut response: Response, half: &Half) -> Response {
    let secure = caller.world.settings.secure_cookies;
    let left = half.expires_at.since(Timestamp::min(half.expires_at, caller.now));
    append(&mut response, cookies::set_for(Cookie::SignIn, secure, half.secret.expose(), left));
    response
}

/// The same session under another secret.
#[must_use]
pub fn renewed(caller: &Caller, mut response: Response, secret: &kernel::Secret) -> Response {
    append(&mut response, cookies::set(Cookie::Session, caller.world.settings.secure_cookies, secret));
    response
}

fn append(response: &mut Response, cookie: HeaderValue) {
    response.headers_mut().append(header::SET_COOKIE, cookie);
}
