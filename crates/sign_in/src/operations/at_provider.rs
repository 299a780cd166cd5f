//! Signing in at an organization's own provider.

use kernel::Error;
use operation::Call;
use single_sign_on::operations::Proved;

use super::{SignedIn, opening::Opening};

/// Makes the session of somebody of whom a provider has said who they are. `earlier` is the half sign-in that the browser has
/// from before.
pub async fn by_provider(call: &Call, proved: Proved, earlier: &str) -> Result<SignedIn, Error> {
    let mut opening = Opening::by_provider(call, proved).await?;
    opening.overtake(earlier).await?;
    opening.finish(None).await
}

pub(super) fn managed() -> Error {
    Error::forbidden(
        "managed_by_single_sign_on",
        "You sign in by the single sign-on of your organization. Nothing else opens your place in it.",
    )
}
