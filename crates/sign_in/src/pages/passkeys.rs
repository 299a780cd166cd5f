//! What the forms of passkeys lead to. The script puts the browser's answer into them; without a script they are not there.

use axum::response::Response;
use http::HeaderMap;
use kernel::{CeremonyId, Error};
use serde::Deserialize;
use serde_json::Value;
use web::{
    Caller, Failure,
    page::{Form, page, see_other},
};

use super::{
    after, begin_anew, confirm, second_step, set_up, sign_in_page, trouble, wanted, with_retry, with_way_out,
};
use crate::{
    cookies, model,
    operations::{self, Wanted},
};

/// The browser's answer, as the script put it into a form.
#[derive(Deserialize)]
pub struct AnswerForm {
    #[serde(default)]
    ceremony_id: String,
    #[serde(default)]
    response: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    return_to: String,
    #[serde(default)]
    rd: String,
    #[serde(default)]
    way: String,
}

impl AnswerForm {
    /// What cannot be read is an answer to nothing: the operation refuses it like any other that is wrong.
    fn read(&self) -> (CeremonyId, Value) {
        let nothing = CeremonyId::from_bytes([0; 16]);
        let answer = serde_json::from_str(&self.response).unwrap_or_default();
        (self.ceremony_id.parse().unwrap_or(nothing), answer)
    }
}

/// In place of address, password and code.
pub async fn passwordless(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Failure> {
    let (ceremony, answer) = form.read();
    let wanted = Wanted { return_to: form.return_to, rd: form.rd, way: form.way };
    let browser = cookies::browser(&caller, &headers);
    let earlier = cookies::half(&caller, &headers);
    let error = match operations::passwordless(&caller, &browser, earlier, ceremony, &answer).await {
        Ok(signed_in) => {
            let there = after(&caller, &signed_in, &wanted).await?;
            return Ok(cookies::signed_in(&caller, see_other(&there), &signed_in));
        }
        // The account is shut, or the passkey went in the same moment.
        Err(Error::Unauthenticated) => refused(),
        Err(error) => error,
    };
    let (status, sentence, retry) = trouble(&caller, error)?;
    let mut answer = page(status, &sign_in_page(&caller, String::new(), &wanted, Some(sentence)));
    if let Some(seconds) = retry {
        answer = with_retry(answer, seconds);
    }
    with_way_out(&caller, answer, &wanted).await
}

fn refused() -> Error {
    Error::forbidden(
        "passkey_refused",
        "That passkey cannot be taken here. Try again, or choose another way.",
    )
}

/// After the password.
pub async fn verify(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Failure> {
    let (ceremony, answer) = form.read();
    let half = cookies::half(&caller, &headers);
    let flow = match operations::current(&caller, half).await {
        Ok((flow, ..)) => flow,
        Err(error) => return begin_anew(error),
    };
    match operations::verify_passkey(&caller, half, ceremony, &answer).await {
        Ok(signed_in) => {
            let there = after(&caller, &signed_in, &wanted(&flow)).await?;
            Ok(cookies::signed_in(&caller, see_other(&there), &signed_in))
        }
        Err(error) => second_step::code_again(&caller, &headers, error).await,
    }
}

/// On the way in, for whoever may not be without a second factor.
pub async fn set_up(
    caller: Caller,
    headers: HeaderMap,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Failure> {
    let (ceremony, answer) = form.read();
    let half = cookies::half(&caller, &headers);
    let flow = match operations::current(&caller, half).await {
        Ok((flow, ..)) => flow,
        Err(error) => return begin_anew(error),
    };
    match operations::confirm_set_up_passkey(&caller, half, ceremony, &form.name, &answer).await {
        Ok(done) => set_up::secured(&caller, &flow, done).await,
        Err(error) => set_up::again(&caller, &headers, error).await,
    }
}

/// To show again who is signed in.
pub async fn confirm(caller: Caller, Form(form): Form<AnswerForm>) -> Result<Response, Failure> {
    let (ceremony, answer) = form.read();
    match operations::confirm_with_passkey(&caller, ceremony, &answer).await {
        Ok(secret) => {
            let there = model::own_page(&form.return_to, &caller.world.settings.public_url);
            let there = there.unwrap_or_else(|| "/account".to_owned());
            Ok(cookies::renewed(&caller, see_other(&there), &secret))
        }
        Err(error) => confirm::again(&caller, &form.return_to, "", error).await,
    }
}
