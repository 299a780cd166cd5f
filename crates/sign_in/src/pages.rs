//! The door, and the first page behind it.

mod at_provider;
mod confirm;
mod new_password;
mod passkeys;
mod password;
mod second_step;
mod set_up;
mod temporary;

use askama::Template;
use axum::{
    Router,
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{Actor, Duration, Error, Person};
use serde::Deserialize;
use web::{
    App, Caller, Failure, allow_forms_to,
    page::{Console, Form, Shell, page, see_other},
    rest::Query,
};

use crate::{
    cookies,
    model::{Flow, Next},
    operations::{self, Begun, Checked, SignedIn, Wanted},
};

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/", get(first))
        .route("/sign-in", get(show).post(sign_in))
        .route("/sign-in/code", get(second_step::code).post(second_step::verify_code))
        .route("/sign-in/recovery-code", get(second_step::recovery_code).post(second_step::use_recovery_code))
        .route("/sign-in/secure-your-account", get(set_up::show).post(set_up::begin))
        .route("/sign-in/secure-your-account/mail", post(set_up::mail))
        .route("/sign-in/secure-your-account/mailbox", post(set_up::prove_mailbox))
        .route("/sign-in/secure-your-account/agent-code", post(set_up::prove_by_agents_code))
        .route("/sign-in/secure-your-account/confirm", post(set_up::confirm))
        .route("/sign-in/new-password", get(new_password::show).post(new_password::choose))
        .route("/sign-in/passkey", post(passkeys::verify))
        .route("/sign-in/passwordless", post(passkeys::passwordless))
        .route("/sign-in/secure-your-account/passkey", post(passkeys::set_up))
        .route("/sign-in/sso/{connection}", get(at_provider::ask).post(at_provider::go))
        .route("/sign-in/sso/{connection}/callback", get(at_provider::back))
        .route("/sign-in/sso/{connection}/back-channel-logout", post(at_provider::log_out))
        .route("/account/confirm/passkey", post(passkeys::confirm))
        .route("/account/confirm", get(confirm::show).post(confirm::confirm))
        .route("/account/password", get(password::password).post(password::change_password))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    /// Where the account is: the vendor's name.
    place: String,
    email: String,
    return_to: String,
    rd: String,
    way: String,
    offers_passkeys: bool,
    /// Where the domain of the address signs in: names and addresses of pages.
    providers: Vec<(String, String)>,
    /// How the provider is called that the account is connected to by this sign-in.
    connects: Option<String>,
    /// Why the form is shown again.
    trouble: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    return_to: String,
    rd: String,
    way: String,
    signed_out: String,
    over: String,
    /// The form is wanted though somebody is signed in: for temporary credentials, which open a session beside theirs.
    temporary: String,
    connect: String,
}

impl Asked {
    fn wanted(self) -> Wanted {
        Wanted { return_to: self.return_to, rd: self.rd, way: self.way }
    }
}

#[derive(Deserialize)]
struct SignInForm {
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    return_to: String,
    #[serde(default)]
    rd: String,
    #[serde(default)]
    way: String,
}

/// Leads everybody to where they begin.
async fn first(caller: Caller) -> Result<Response, Failure> {
    let Actor::Person(person) = &caller.actor else {
        return Ok(see_other("/sign-in"));
    };
    Ok(see_other(operations::landing(&caller, person).await?))
}

async fn show(caller: Caller, headers: HeaderMap, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let wanted = Wanted { return_to: asked.return_to, rd: asked.rd, way: asked.way };
    // Whoever comes from a provider to connect an account shows that it is theirs, whoever is signed in here.
    let waiting = if asked.connect.is_empty() {
        None
    } else {
        single_sign_on::operations::waiting(&caller, cookies::errand(&caller, &headers)).await?
    };
    if let Actor::Person(person) = &caller.actor
        && asked.temporary.is_empty()
        && waiting.is_none()
    {
        return onward(&caller, person, &wanted).await;
    }
    let mut form = match waiting {
        Some((errand, provider)) => {
            let wanted = Wanted { return_to: errand.return_to, rd: errand.rd, way: errand.way };
            let email = errand.email.unwrap_or_default();
            SignInPage { connects: Some(provider), ..sign_in_page(&caller, email, &wanted, None) }
        }
        None => sign_in_page(&caller, String::new(), &wanted, None),
    };
    let answer = match (asked.signed_out.is_empty(), asked.over.is_empty()) {
        (false, _) => Some("sign-in-signed-out"),
        (true, false) => Some("sign-in-over"),
        _ => None,
    };
    form.shell.answer = answer.map(|key| form.shell.t.get(key));
    with_way_out(&caller, page(StatusCode::OK, &form), &wanted).await
}

/// A sign-in that ends in a product is answered by redirects that lead there.
async fn with_way_out(caller: &Caller, mut answer: Response, wanted: &Wanted) -> Result<Response, Failure> {
    if let Some(origin) = operations::product_origin(caller, wanted).await? {
        allow_forms_to(answer.headers_mut(), [origin.as_str()]);
    }
    Ok(answer)
}

async fn onward(caller: &Caller, person: &Person, wanted: &Wanted) -> Result<Response, Failure> {
    Ok(see_other(&place_after(caller, person, wanted).await?))
}

/// The address of the page that a person wanted, or of the one where they begin.
async fn place_after(caller: &Caller, person: &Person, wanted: &Wanted) -> Result<String, Failure> {
    Ok(match operations::destination(caller, wanted).await? {
        Some(path) => path,
        None => operations::landing(caller, person).await?.to_owned(),
    })
}

/// Where somebody who has just signed in goes on.
pub(crate) async fn after(caller: &Caller, signed_in: &SignedIn, wanted: &Wanted) -> Result<String, Failure> {
    let user = &signed_in.user;
    let staff = people::operations::staff(&mut *caller.read().await?, user.id).await?;
    let person = Person {
        user: user.id,
        name: user.name.clone(),
        session: signed_in.session,
        factor: signed_in.factor,
        proved_at: None,
        single_sign_on_of: signed_in.single_sign_on_of,
        staff,
        language: user.language.clone(),
        time_zone: user.time_zone.clone(),
    };
    if set_up::is_offered(caller, &person).await? {
        return Ok(set_up::here(wanted));
    }
    place_after(caller, &person, wanted).await
}

/// Whether browsers offer passkeys at this address.
fn offers_passkeys(caller: &Caller) -> bool {
    second_factor::passkeys::is_offered(&caller.world.settings, &caller.origin.host)
}

fn sign_in_page(caller: &Caller, email: String, wanted: &Wanted, trouble: Option<String>) -> SignInPage {
    let t = caller.text();
    let title = t.get("sign-in");
    SignInPage {
        place: caller.world.settings.vendor_name.clone(),
        shell: caller.shell(Console::Public, "", title),
        email,
        return_to: wanted.return_to.clone(),
        rd: wanted.rd.clone(),
        way: wanted.way.clone(),
        offers_passkeys: offers_passkeys(caller),
        providers: Vec::new(),
        connects: None,
        trouble,
    }
}

/// The form again, with the ways that the domain of the address has. Whether anybody has that address is not told by them.
async fn again(
    caller: &Caller,
    headers: &HeaderMap,
    email: String,
    wanted: &Wanted,
    trouble: String,
) -> Result<SignInPage, Failure> {
    let waiting = single_sign_on::operations::waiting(caller, cookies::errand(caller, headers)).await?;
    let connects = waiting.filter(|(errand, _)| errand.email.as_deref() == Some(email.as_str()));
    let providers = at_provider::ways(caller, &email, wanted).await?;
    Ok(SignInPage {
        providers,
        connects: connects.map(|(_, provider)| provider),
        ..sign_in_page(caller, email, wanted, Some(trouble))
    })
}

async fn sign_in(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, Failure> {
    let wanted = Wanted { return_to: form.return_to, rd: form.rd, way: form.way };
    // Whoever has no password here says so by leaving it out.
    if form.password.is_empty()
        && let [(_, way)] = at_provider::ways(&caller, &form.email, &wanted).await?.as_slice()
    {
        return Ok(see_other(way));
    }
    let brought = cookies::brought(&caller, &headers);
    let proved = match operations::prove_password(&caller, &form.email, &form.password, brought).await {
        Ok(Checked::Proved(proved)) => proved,
        Ok(Checked::Temporary(proved)) => {
            return temporary::sign_in(&caller, &headers, proved, form.email, &wanted).await;
        }
        Ok(Checked::Managed(connection)) => return Ok(see_other(&at_provider::page_of(connection, &wanted))),
        Ok(Checked::Wrong) => {
            let trouble = caller.text().get("sign-in-wrong");
            let form = again(&caller, &headers, form.email, &wanted, trouble).await?;
            return with_way_out(&caller, page(StatusCode::UNPROCESSABLE_ENTITY, &form), &wanted).await;
        }
        Err(Error::TooMany { retry_after_seconds }) => {
            let trouble = too_many(&caller, retry_after_seconds);
            let form = again(&caller, &headers, form.email, &wanted, trouble).await?;
            let answer = with_retry(page(StatusCode::TOO_MANY_REQUESTS, &form), retry_after_seconds);
            return with_way_out(&caller, answer, &wanted).await;
        }
        Err(error) => return Err(error.into()),
    };
    let earlier = Some(cookies::half(&caller, &headers)).filter(|secret| !secret.is_empty());
    match operations::go_on(&caller, *proved, &wanted, earlier).await? {
        Begun::SignedIn(signed_in) => {
            let there = after(&caller, &signed_in, &wanted).await?;
            Ok(cookies::signed_in(&caller, see_other(&there), &signed_in))
        }
        Begun::Half(half) => Ok(cookies::half_done(&caller, see_other(step(half.next)), &half)),
    }
}

/// The page of a step.
const fn step(next: Next) -> &'static str {
    match next {
        Next::Code => "/sign-in/code",
        Next::SetUp => "/sign-in/secure-your-account",
        Next::NewPassword => "/sign-in/new-password",
    }
}

/// Where the browser wanted to go when this sign-in began.
fn wanted(flow: &Flow) -> Wanted {
    Wanted { return_to: flow.return_to.clone(), rd: flow.rd.clone(), way: flow.way.clone() }
}

/// A page of a step that this browser is not at: it begins anew.
fn begin_anew(error: Error) -> Result<Response, Failure> {
    match error {
        Error::Conflict(code, _) if code.0 == "sign_in_over" => Ok(see_other("/sign-in?over=1")),
        // The password was changed, or the account shut, in the middle of it.
        Error::Unauthenticated => Ok(see_other("/sign-in?over=1")),
        other => Err(other.into()),
    }
}

/// The moment first, then how long it is.
fn too_many(caller: &Caller, seconds: u32) -> String {
    let t = caller.text();
    let clock = t.clock(caller.now + Duration::seconds(i64::from(seconds)));
    t.with("sign-in-too-many", [("again", &t.count_with("error-too-many", seconds, &[("clock", &clock)]))])
}

fn with_retry(mut response: Response, seconds: u32) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// What stands on a form that is shown again, and the status of the answer. Anything else is an error of another kind.
fn trouble(caller: &Caller, error: Error) -> Result<(StatusCode, String, Option<u32>), Error> {
    match error {
        Error::Invalid(fields) => {
            let sentences: Vec<String> = fields.into_iter().map(|field| field.sentence).collect();
            Ok((StatusCode::UNPROCESSABLE_ENTITY, sentences.join(" "), None))
        }
        Error::TooMany { retry_after_seconds } => Ok((
            StatusCode::TOO_MANY_REQUESTS,
            too_many(caller, retry_after_seconds),
            Some(retry_after_seconds),
        )),
        Error::Forbidden(code, sentence) if code.0 == "passkey_refused" => {
            Ok((StatusCode::FORBIDDEN, sentence, None))
        }
        Error::Conflict(code, sentence) if code.0 != "sign_in_over" => {
            Ok((StatusCode::CONFLICT, sentence, None))
        }
        other => Err(other),
    }
}
