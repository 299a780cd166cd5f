//! The pages of the second step: a code of the app, or a recovery code.

use askama::Template;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use kernel::Error;
use serde::Deserialize;
use web::{
    Caller, Failure,
    page::{Console, Form, Shell, page, see_other},
};

use super::{after, begin_anew, offers_passkeys, step, trouble, wanted, with_retry, with_way_out};
use crate::{
    cookies,
    model::{Flow, Next},
    operations,
};

/// After so many wrong codes the page asks about the phone's clock.
const MISSES_OF_A_CLOCK: i64 = 3;

#[derive(Template)]
#[template(path = "code.html")]
#[expect(clippy::struct_excessive_bools, reason = "what the person can show, each by itself")]
struct CodePage {
    shell: Shell,
    email: String,
    has_app: bool,
    has_passkeys: bool,
    offers_passkeys: bool,
    has_recovery_codes: bool,
    may_remember: bool,
    trouble: Option<String>,
    /// The server's time, for whoever has a clock that is off.
    clock: Option<String>,
}

#[derive(Deserialize)]
pub struct CodeForm {
    #[serde(default)]
    code: String,
    #[serde(default)]
    remember: String,
}

async fn code_page(
    caller: &Caller,
    headers: &HeaderMap,
    trouble: Option<String>,
) -> Result<(CodePage, Flow), Error> {
    let (flow, user, standing) = operations::current(caller, cookies::half(caller, headers)).await?;
    let may_remember =
        second_factor::operations::may_be_remembered(&mut *caller.read().await?, flow.user).await?;
    let t = caller.text();
    let clock =
        (flow.misses >= MISSES_OF_A_CLOCK).then(|| format!("{} {}", t.clock(caller.now), t.zone_name()));
    let form = CodePage {
        shell: caller.shell(Console::Public, "", t.get("sign-in-code-title")),
        email: user.email.to_string(),
        has_app: standing.takes_codes(),
        has_passkeys: standing.passkeys > 0,
        offers_passkeys: offers_passkeys(caller),
        has_recovery_codes: standing.recovery_codes > 0,
        may_remember,
        trouble,
        clock,
    };
    Ok((form, flow))
}

pub async fn code(caller: Caller, headers: HeaderMap) -> Result<Response, Failure> {
    match code_page(&caller, &headers, None).await {
        Ok((_, flow)) if flow.next != Next::Code => Ok(see_other(step(flow.next))),
        Ok((form, flow)) => with_way_out(&caller, page(StatusCode::OK, &form), &wanted(&flow)).await,
        Err(error) => begin_anew(error),
    }
}

pub async fn verify_code(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<CodeForm>,
) -> Result<Response, Failure> {
    let half = cookies::half(&caller, &headers);
    let flow = match operations::current(&caller, half).await {
        Ok((flow, ..)) => flow,
        Err(error) => return begin_anew(error),
    };
    let error = match operations::verify_code(&caller, half, &form.code, !form.remember.is_empty()).await {
        Ok(signed_in) => {
            let there = after(&caller, &signed_in, &wanted(&flow)).await?;
            return Ok(cookies::signed_in(&caller, see_other(&there), &signed_in));
        }
        Err(error) => error,
    };
    code_again(&caller, &headers, error).await
}

/// The page of the second step again, with what was wrong.
pub(super) async fn code_again(
    caller: &Caller,
    headers: &HeaderMap,
    error: Error,
) -> Result<Response, Failure> {
    let (status, sentence, retry) = match trouble(caller, error) {
        Ok(told) => told,
        Err(error) => return begin_anew(error),
    };
    let (form, flow) = match code_page(caller, headers, Some(sentence)).await {
        Ok(form) => form,
        Err(error) => return begin_anew(error),
    };
    let mut answer = page(status, &form);
    if let Some(seconds) = retry {
        answer = with_retry(answer, seconds);
    }
    with_way_out(caller, answer, &wanted(&flow)).await
}

#[derive(Template)]
#[template(path = "recovery_code.html")]
struct RecoveryCodePage {
    shell: Shell,
    email: String,
    trouble: Option<String>,
}

#[derive(Template)]
#[template(path = "recovered.html")]
pub(super) struct RecoveredPage {
    pub shell: Shell,
    pub replacement: String,
    pub left: i64,
    pub there: String,
}

async fn recovery_page(
    caller: &Caller,
    headers: &HeaderMap,
    trouble: Option<String>,
) -> Result<RecoveryCodePage, Error> {
    let (_, user, _) = operations::current(caller, cookies::half(caller, headers)).await?;
    let shell = caller.shell(Console::Public, "", caller.text().get("sign-in-recovery-title"));
    Ok(RecoveryCodePage { shell, email: user.email.to_string(), trouble })
}

pub async fn recovery_code(caller: Caller, headers: HeaderMap) -> Result<Response, Failure> {
    match recovery_page(&caller, &headers, None).await {
        Ok(form) => Ok(page(StatusCode::OK, &form)),
        Err(error) => begin_anew(error),
    }
}

pub async fn use_recovery_code(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<CodeForm>,
) -> Result<Response, Failure> {
    let half = cookies::half(&caller, &headers);
    let flow = match operations::current(&caller, half).await {
        Ok((flow, ..)) => flow,
        Err(error) => return begin_anew(error),
    };
    let error = match operations::use_recovery_code(&caller, half, &form.code).await {
        Ok(recovered) => {
            let there = after(&caller, &recovered.signed_in, &wanted(&flow)).await?;
            let left = second_factor::operations::standing(&mut *caller.read().await?, flow.user).await?;
            let shell = caller.shell(Console::Public, "", caller.text().get("sign-in-recovered-title"));
            let shown =
                RecoveredPage { shell, replacement: recovered.replacement, left: left.recovery_codes, there };
            let answer = with_way_out(&caller, page(StatusCode::OK, &shown), &wanted(&flow)).await?;
            return Ok(cookies::signed_in(&caller, answer, &recovered.signed_in));
        }
        Err(error) => error,
    };
    let (status, sentence, retry) = match trouble(&caller, error) {
        Ok(told) => told,
        Err(error) => return begin_anew(error),
    };
    match recovery_page(&caller, &headers, Some(sentence)).await {
        Ok(form) => {
            let answer = page(status, &form);
            Ok(match retry {
                Some(seconds) => with_retry(answer, seconds),
                None => answer,
            })
        }
        Err(error) => begin_anew(error),
    }
}
