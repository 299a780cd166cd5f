//! A password where nobody can be asked for more: at the old interfaces of products.

use kernel::{Error, Timestamp};
use operation::{Call, Housekeeping};
use people::{User, throttle::Try};
use store::Connection;

use super::{Brought, Checked, PasswordProved, begin_flow, destination::Wanted, prove_password};
use crate::{
    model::{self, Next},
    rows,
};

/// Marks a half sign-in that nobody can go on with.
const WAY: &str = "old_interface";

/// What a check of an address and a password can say there.
#[derive(Debug)]
pub enum Alone {
    /// The password is all that the person has to show.
    Proved(Box<PasswordAlone>),
    /// It was right, and the person has more to show, or to do first, than can be asked for there.
    More(Next),
    /// The address, the password, or both: which of them is not told (A40).
    Wrong,
}

/// A password that was right, is long enough to be the only factor, and is all that the person has. It makes no session.
#[derive(Debug)]
#[must_use = "a password that was right is still counted as a failure"]
pub struct PasswordAlone {
    user: User,
    stored: String,
    attempt: Try,
}

/// Checks an address and a password under the same limits as any sign-in. Where more than the password would have to be
/// shown, it is a sign-in that stops at the second step: the person is warned of it like of any other (C11), else this were
/// a place to try passwords at in silence. One such for each address is open at a time, however often a program asks.
pub async fn password_alone(call: &Call, email: &str, password: &str) -> Result<Alone, Error> {
    let Checked::Proved(proved) = prove_password(call, email, password, Brought::default()).await? else {
        return Ok(Alone::Wrong);
    };
    let PasswordProved { user, stored, attempt, is_long_enough_alone, .. } = *proved;
    let (next, is_known) = {
        let mut tx = call.read().await?;
        let open = rows::open_of_user(&mut tx, user.id, call.now).await?;
        let is_known = open.iter().any(|flow| flow.way == WAY && flow.address == call.origin.address);
        (more(&mut tx, &user, is_long_enough_alone, call.now).await?, is_known)
    };
    let Some(next) = next else {
        return Ok(Alone::Proved(Box::new(PasswordAlone { user, stored, attempt })));
    };
    if is_known {
        let mut note = Housekeeping::begin(&call.world).await?;
        attempt.was_no_failure(&mut note).await?;
        note.commit().await?;
    } else {
        let wanted = Wanted { way: WAY.to_owned(), ..Wanted::default() };
        begin_flow(call, &user, &stored, next, &wanted, None, (Some(attempt), None)).await?;
    }
    Ok(Alone::More(next))
}

/// What a sign-in would ask for after the password.
async fn more(
    tx: &mut Connection,
    user: &User,
    is_long_enough_alone: bool,
    now: Timestamp,
) -> Result<Option<Next>, Error> {
    let is_on = second_factor::operations::standing(tx, user.id).await?.is_on();
    let must_set_up = second_factor::operations::is_mandatory(tx, user.id, now).await?
        || people::operations::must_set_up_at(tx, user.id).await?.is_some();
    Ok(model::step_after_password(is_on, must_set_up, is_long_enough_alone))
}

impl PasswordAlone {
    pub const fn user(&self) -> &User {
        &self.user
    }

    /// Ends the count of failures, if all that this rests on is still so: what changed while the password was being checked
    /// is seen here.
    pub async fn use_up(self, tx: &mut Connection, now: Timestamp) -> Result<bool, Error> {
        let is_good =
            people::operations::find(tx, self.user.id).await?.is_some_and(|user| user.may_sign_in())
                && people::operations::password_hash(tx, self.user.id).await?.as_ref() == Some(&self.stored)
                && more(tx, &self.user, true, now).await?.is_none();
        if is_good {
            self.attempt.succeeded(tx).await?;
        }
        Ok(is_good)
    }
}
