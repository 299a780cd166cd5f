//! The one page of whoever holds credentials: into the account, and out.

use applications::Application;
use askama::Template;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use kernel::{ApplicationId, Error};
use serde::Deserialize;
use web::{
    Caller, Failure, allow_forms_to,
    cookies::{self, Cookie},
    page::{Console, Form, Shell, page, see_other},
};

use crate::operations::{self, Holder};

/// Where a browser is led whose credentials are no longer good.
const SIGN_IN: &str = "/sign-in?temporary=1";

#[derive(Template)]
#[template(path = "temporary.html")]
struct HolderPage {
    shell: Shell,
    organization: String,
    until: String,
    mode: String,
    agent: Option<String>,
    products: Vec<Application>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EnterForm {
    application: String,
}

fn presented<'a>(caller: &Caller, headers: &'a HeaderMap) -> Option<&'a str> {
    cookies::find(headers, Cookie::Temporary, caller.world.settings.secure_cookies)
}

pub async fn show(caller: Caller, headers: HeaderMap) -> Result<Response, Failure> {
    match operations::holder(&caller, presented(&caller, &headers)).await? {
        Some(holder) => rendered(&caller, &holder).await,
        None => Ok(see_other(SIGN_IN)),
    }
}

async fn rendered(caller: &Caller, holder: &Holder) -> Result<Response, Failure> {
    let t = caller.text();
    let credentials = &holder.credentials;
    let title = t.with("temporary_credentials-of", [("organization", &credentials.organization_name)]);
    let mut shell = Shell::public(t.clone(), title);
    shell.console = Console::Public;
    shell.vendor.clone_from(&caller.world.settings.vendor_name);
    shell.demo = caller.world.settings.is_demo;
    let products = operations::products(caller).await?;
    let origins: Vec<String> = products
        .iter()
        .map(|product| caller.world.settings.seen_from(&product.origin, &caller.origin.host))
        .collect();
    let until = t.clock_with_today(credentials.ends_at());
    let page_ = HolderPage {
        organization: credentials.organization_name.clone(),
        until: t.with("temporary_credentials-clock-zone", [("clock", &until), ("zone", &t.zone_name())]),
        mode: t.get(match credentials.grant.mode {
            grants::Mode::ReadOnly => "temporary_credentials-may-look",
            grants::Mode::Write => "temporary_credentials-may-change",
        }),
        agent: holder.agent.as_ref().map(|agent| agent.name.clone()),
        products,
        shell,
    };
    let mut answer = page(StatusCode::OK, &page_);
    // The form that enters is answered by a redirect into a product, which the browser has to be told is meant.
    allow_forms_to(answer.headers_mut(), origins.iter().map(String::as_str));
    Ok(answer)
}

pub async fn enter(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<EnterForm>,
) -> Result<Response, Failure> {
    let application: Option<ApplicationId> = match form.application.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Error::NotFound)?),
    };
    match operations::enter(&caller, presented(&caller, &headers), application).await {
        Ok(way) => Ok(see_other(&way.url)),
        Err(Error::Unauthenticated) => Ok(see_other(SIGN_IN)),
        // Without a choice there is the page on which to make one.
        Err(Error::Invalid(_)) => Ok(see_other("/temporary")),
        Err(error) => Err(error.into()),
    }
}

pub async fn sign_out(caller: Caller, headers: HeaderMap) -> Result<Response, Failure> {
    operations::sign_out(&caller, presented(&caller, &headers)).await?;
    let mut answer = see_other("/sign-in?signed_out=1");
    let cleared: HeaderValue = cookies::clear(Cookie::Temporary, caller.world.settings.secure_cookies);
    answer.headers_mut().append(header::SET_COOKIE, cleared);
    Ok(answer)
}
