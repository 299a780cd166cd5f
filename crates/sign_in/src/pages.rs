//! The door, the first page behind it, and the change of a password.

use askama::Template;
use axum::{Router, response::Response, routing::get};
use http::{HeaderValue, StatusCode, header};
use kernel::{Actor, Duration, Error, FieldError, Person};
use serde::Deserialize;
use web::{
    App, Caller, Failure, allow_forms_to,
    cookies::{self, Cookie},
    page::{Console, Errors, Form, Shell, page, see_other},
    rest::Query,
};

use crate::operations::{self, Checked, Wanted};

pub fn page_routes() -> Router<App> {
    Router::new()
        .route("/", get(first))
        .route("/sign-in", get(show).post(sign_in))
        .route("/account/password", get(password).post(change_password))
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
    /// Why the form is shown again.
    trouble: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    return_to: String,
    rd: String,
    signed_out: String,
}

#[derive(Deserialize)]
struct SignInForm {
    email: String,
    password: String,
    #[serde(default)]
    return_to: String,
    #[serde(default)]
    rd: String,
}

/// Leads everybody to where they begin.
async fn first(caller: Caller) -> Result<Response, Failure> {
    let Actor::Person(person) = &caller.actor else {
        return Ok(see_other("/sign-in"));
    };
    Ok(see_other(operations::landing(&caller, person).await?))
}

async fn show(caller: Caller, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let wanted = Wanted { return_to: asked.return_to, rd: asked.rd };
    if let Actor::Person(person) = &caller.actor {
        return onward(&caller, person, &wanted).await;
    }
    let mut form = sign_in_page(&caller, String::new(), &wanted, None);
    form.shell.answer = (!asked.signed_out.is_empty()).then(|| form.shell.t.get("sign-in-signed-out"));
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
    match operations::destination(caller, wanted).await? {
        Some(path) => Ok(see_other(&path)),
        None => Ok(see_other(operations::landing(caller, person).await?)),
    }
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
        trouble,
    }
}

async fn sign_in(caller: Caller, Form(form): Form<SignInForm>) -> Result<Response, Failure> {
    let wanted = Wanted { return_to: form.return_to, rd: form.rd };
    let proved = match operations::prove_password(&caller, &form.email, &form.password).await {
        Ok(Checked::Proved(proved)) => proved,
        Ok(Checked::Wrong) => {
            let trouble = caller.text().get("sign-in-wrong");
            let form = sign_in_page(&caller, form.email, &wanted, Some(trouble));
            return with_way_out(&caller, page(StatusCode::UNPROCESSABLE_ENTITY, &form), &wanted).await;
        }
        Err(Error::TooMany { retry_after_seconds }) => {
            let trouble = too_many(&caller, retry_after_seconds);
            let form = sign_in_page(&caller, form.email, &wanted, Some(trouble));
            let answer = with_retry(page(StatusCode::TOO_MANY_REQUESTS, &form), retry_after_seconds);
            return with_way_out(&caller, answer, &wanted).await;
        }
        Err(error) => return Err(error.into()),
    };
    let user = proved.user().clone();
    let (session, secret) = operations::finish(&caller, *proved).await?;
    let staff = people::operations::staff(&mut *caller.read().await?, user.id).await?;
    let person = Person {
        user: user.id,
        name: user.name,
        session,
        staff,
        language: user.language,
        time_zone: user.time_zone,
    };
    let mut response = onward(&caller, &person, &wanted).await?;
    let cookie = cookies::set(Cookie::Session, caller.world.settings.secure_cookies, &secret);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
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

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    shell: Shell,
    errors: Errors,
    /// For password managers, which want to know whose password it is.
    email: String,
    trouble: Option<String>,
}

#[derive(Deserialize)]
struct PasswordForm {
    current_password: String,
    new_password: String,
}

async fn password_page(
    caller: &Caller,
    errors: Errors,
    trouble: Option<String>,
) -> Result<PasswordPage, Failure> {
    let user = sessions::account::own(caller).await?;
    let title = caller.text().get("sign-in-password-title");
    let shell = caller.shell(sessions::pages::home_console(caller), "account", title);
    Ok(PasswordPage { shell, errors, email: user.email.to_string(), trouble })
}

async fn password(caller: Caller) -> Result<Response, Failure> {
    Ok(page(StatusCode::OK, &password_page(&caller, Errors::none(), None).await?))
}

async fn change_password(caller: Caller, Form(form): Form<PasswordForm>) -> Result<Response, Failure> {
    let fields = match operations::change_password(&caller, &form.current_password, &form.new_password).await
    {
        Ok(()) => return Ok(see_other("/account?done=password")),
        Err(Error::Invalid(fields)) => fields,
        Err(Error::Forbidden(code, sentence)) if code.0 == "wrong_password" => {
            vec![FieldError { field: "current_password", code, sentence }]
        }
        Err(Error::TooMany { retry_after_seconds }) => {
            let trouble = too_many(&caller, retry_after_seconds);
            let form = password_page(&caller, Errors::none(), Some(trouble)).await?;
            return Ok(with_retry(page(StatusCode::TOO_MANY_REQUESTS, &form), retry_after_seconds));
        }
        Err(error) => return Err(error.into()),
    };
    let form = password_page(&caller, Errors::from(fields), None).await?;
    Ok(page(form.errors.status(), &form))
}
