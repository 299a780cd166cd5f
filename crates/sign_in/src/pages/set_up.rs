//! The pages on which somebody sets up a second factor on the way in: because they may not be without one, or because it is
//! suggested to them.

use askama::Template;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use kernel::{Actor, Error, Person};
use mfa_levels::model::State;
use second_factor::{
    operations as factors,
    page::{CodesShown, KeyShown},
};
use serde::Deserialize;
use url::form_urlencoded;
use web::{
    Caller, Failure,
    page::{Console, Form, Shell, page, see_other},
    rest::Query,
};

use super::{
    Asked, after, begin_anew, offers_passkeys, place_after, step, trouble, wanted, with_retry, with_way_out,
};
use crate::{
    cookies,
    model::{Flow, Next},
    operations::{self, Wanted},
};

#[derive(Template)]
#[template(path = "secure.html")]
struct SecurePage {
    shell: Shell,
    email: String,
    /// The mailbox has to be shown first.
    needs_mailed_code: bool,
    is_mailed: bool,
    offers_passkeys: bool,
    device: String,
    /// The key that waits for its first code.
    key: Option<KeyShown>,
    trouble: Option<String>,
}

/// For whoever is signed in already.
#[derive(Template)]
#[template(path = "offer.html")]
struct OfferPage {
    shell: Shell,
    wanted: Wanted,
    /// Everything stays shut until it is done; otherwise the person may go on without.
    is_shut: bool,
    /// The person has a factor, and it took no part in this session.
    has_factor: bool,
    later: String,
    key: Option<KeyShown>,
    trouble: Option<String>,
}

#[derive(Template)]
#[template(path = "secured.html")]
struct SecuredPage {
    shell: Shell,
    codes: CodesShown,
    there: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    code: String,
    return_to: String,
    rd: String,
    way: String,
}

impl CodeForm {
    fn wanted(&self) -> Wanted {
        Wanted { return_to: self.return_to.clone(), rd: self.rd.clone(), way: self.way.clone() }
    }
}

const HERE: &str = web::rest::SET_UP_PATH;

/// This page, with where the person wants to go after it.
pub(super) fn here(wanted: &Wanted) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let each = [("return_to", &wanted.return_to), ("rd", &wanted.rd), ("way", &wanted.way)];
    for (name, value) in each.into_iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    let query = query.finish();
    if query.is_empty() { HERE.to_owned() } else { format!("{HERE}?{query}") }
}

/// Whether the set-up is suggested to somebody who has just signed in (E2), by what the session that they have is good for.
pub(super) async fn is_offered(caller: &Caller, person: &Person) -> Result<bool, Error> {
    let mut tx = caller.read().await?;
    let asked = mfa_levels::operations::requirement(&mut tx, person.user, caller.now).await?;
    Ok(asked.state(person.single_sign_on_of) == State::Suggested)
}

async fn secure_page(
    caller: &Caller,
    headers: &HeaderMap,
    trouble: Option<String>,
) -> Result<(SecurePage, Flow), Error> {
    let (flow, user, _) = operations::current(caller, cookies::half(caller, headers)).await?;
    let needs_mailed_code = operations::needs_mailed_code(caller, &mut *caller.read().await?, &flow).await?;
    let waiting = if needs_mailed_code {
        None
    } else {
        factors::waiting_key(caller, flow.user, &flow.id.to_string()).await?
    };
    let t = caller.text();
    let key = waiting.map(|offered| KeyShown::new(&offered, &t)).transpose()?;
    let shell = caller.shell(Console::Public, "", t.get("sign-in-secure-title"));
    let is_mailed = flow.mailed_code_hash.is_some();
    let email = user.email.to_string();
    let offers_passkeys = offers_passkeys(caller);
    let device = sessions::pages::device_name(&t, &caller.origin.user_agent);
    let form =
        SecurePage { shell, email, needs_mailed_code, is_mailed, offers_passkeys, device, key, trouble };
    Ok((form, flow))
}

/// Whether the browser is in no half sign-in while somebody is signed in: then the page is about their session.
fn is_about_session(caller: &Caller, error: &Error) -> bool {
    matches!(caller.actor, Actor::Person(_))
        && matches!(error, Error::Conflict(code, _) if code.0 == "sign_in_over")
}

async fn offer(
    caller: &Caller,
    wanted: Wanted,
    status: StatusCode,
    trouble: Option<String>,
) -> Result<Response, Failure> {
    let person = caller.person()?;
    let asked = mfa_levels::operations::own(caller).await?;
    let is_shut = !asked.is_met(person.into());
    let later = place_after(caller, person, &wanted).await?;
    if asked.has_second_factor && !is_shut {
        return Ok(see_other(&later));
    }
    let waiting = if is_shut {
        None
    } else {
        factors::waiting_key(caller, person.user, &person.session.to_string()).await?
    };
    let t = caller.text();
    let key = waiting.map(|offered| KeyShown::new(&offered, &t)).transpose()?;
    let shell = caller.shell(Console::Public, "", t.get("sign-in-secure-title"));
    let has_factor = asked.has_second_factor;
    Ok(page(status, &OfferPage { shell, wanted, is_shut, has_factor, later, key, trouble }))
}

pub async fn show(
    caller: Caller,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    match secure_page(&caller, &headers, None).await {
        Ok((_, flow)) if flow.next != Next::SetUp => Ok(see_other(step(flow.next))),
        Ok((form, flow)) => with_way_out(&caller, page(StatusCode::OK, &form), &wanted(&flow)).await,
        Err(error) if is_about_session(&caller, &error) => {
            offer(&caller, asked.wanted(), StatusCode::OK, None).await
        }
        Err(error) => begin_anew(error),
    }
}

/// The page again, with what was wrong.
pub(super) async fn again(caller: &Caller, headers: &HeaderMap, error: Error) -> Result<Response, Failure> {
    let (status, sentence, retry) = match trouble(caller, error) {
        Ok(told) => told,
        Err(error) => return begin_anew(error),
    };
    match secure_page(caller, headers, Some(sentence)).await {
        Ok((form, flow)) => {
            let mut answer = page(status, &form);
            if let Some(seconds) = retry {
                answer = with_retry(answer, seconds);
            }
            with_way_out(caller, answer, &wanted(&flow)).await
        }
        Err(error) => begin_anew(error),
    }
}

pub async fn mail(caller: Caller, headers: HeaderMap) -> Result<Response, Failure> {
    match operations::mail_code(&caller, cookies::half(&caller, &headers)).await {
        Ok(()) => Ok(see_other(HERE)),
        Err(error) => again(&caller, &headers, error).await,
    }
}

pub async fn prove_mailbox(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<CodeForm>,
) -> Result<Response, Failure> {
    match operations::prove_mailbox(&caller, cookies::half(&caller, &headers), &form.code).await {
        Ok(()) => begin_key(&caller, &headers).await,
        Err(error) => again(&caller, &headers, error).await,
    }
}

pub async fn prove_by_agents_code(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<CodeForm>,
) -> Result<Response, Failure> {
    match operations::prove_by_agents_code(&caller, cookies::half(&caller, &headers), &form.code).await {
        Ok(()) => begin_key(&caller, &headers).await,
        Err(error) => again(&caller, &headers, error).await,
    }
}

async fn begin_key(caller: &Caller, headers: &HeaderMap) -> Result<Response, Failure> {
    match operations::offer_key(caller, cookies::half(caller, headers)).await {
        Ok(_) => Ok(see_other(HERE)),
        Err(error) => again(caller, headers, error).await,
    }
}

pub async fn begin(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<CodeForm>,
) -> Result<Response, Failure> {
    let half = cookies::half(&caller, &headers);
    match operations::current(&caller, half).await {
        Err(error) if is_about_session(&caller, &error) => {
            begin_in_session(&caller, half, &form.wanted()).await
        }
        _ => begin_key(&caller, &headers).await,
    }
}

/// To whom everything is shut goes the way of a sign-in; everybody else makes a key as under My account.
async fn begin_in_session(caller: &Caller, half: &str, wanted: &Wanted) -> Result<Response, Failure> {
    let earlier = Some(half).filter(|secret| !secret.is_empty());
    match operations::begin_for_session(caller, wanted, earlier).await {
        Ok(half) => Ok(cookies::half_done(caller, see_other(step(half.next)), &half)),
        Err(Error::Conflict(code, _)) if code.0 == "nothing_to_set_up" => {
            match factors::enable(caller, None).await {
                Ok(_) => Ok(see_other(&here(wanted))),
                Err(Error::Forbidden(code, _)) if code.0 == "reauth_required" => {
                    Ok(see_other("/account/confirm?return_to=/account/two-factor"))
                }
                Err(error) => Err(error.into()),
            }
        }
        Err(error) => begin_anew(error),
    }
}

pub async fn confirm(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<CodeForm>,
) -> Result<Response, Failure> {
    let half = cookies::half(&caller, &headers);
    let flow = match operations::current(&caller, half).await {
        Ok((flow, ..)) => flow,
        Err(error) if is_about_session(&caller, &error) => {
            return confirm_in_session(&caller, &form).await;
        }
        Err(error) => return begin_anew(error),
    };
    match operations::confirm_set_up(&caller, half, &form.code).await {
        Ok(done) => secured(&caller, &flow, done).await,
        Err(error) => again(&caller, &headers, error).await,
    }
}

/// The first code of somebody to whom it was suggested; the page they wanted is behind the recovery codes (E9).
async fn confirm_in_session(caller: &Caller, form: &CodeForm) -> Result<Response, Failure> {
    let wanted = form.wanted();
    match factors::confirm_own(caller, &form.code).await {
        Ok(done) => {
            let there = place_after(caller, caller.person()?, &wanted).await?;
            let answer = secured_page(caller, done.recovery_codes, there);
            Ok(cookies::renewed(caller, answer, &done.session))
        }
        Err(error) => {
            let (status, sentence, retry) = trouble(caller, error)?;
            let answer = offer(caller, wanted, status, Some(sentence)).await?;
            Ok(match retry {
                Some(seconds) => with_retry(answer, seconds),
                None => answer,
            })
        }
    }
}

fn secured_page(caller: &Caller, codes: Vec<String>, there: String) -> Response {
    let t = caller.text();
    let codes = CodesShown::new(codes, &t, &caller.world.settings.vendor_name);
    let shell = caller.shell(Console::Public, "", t.get("sign-in-secured-title"));
    page(StatusCode::OK, &SecuredPage { shell, codes, there })
}

/// Signed in, with the recovery codes to keep.
pub(super) async fn secured(
    caller: &Caller,
    flow: &Flow,
    done: operations::SetUp,
) -> Result<Response, Failure> {
    let there = after(caller, &done.signed_in, &wanted(flow)).await?;
    let answer = secured_page(caller, done.recovery_codes, there);
    let answer = with_way_out(caller, answer, &wanted(flow)).await?;
    Ok(cookies::signed_in(caller, answer, &done.signed_in))
}
