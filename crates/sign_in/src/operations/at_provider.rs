//! Signing in at an organization's own provider.

use kernel::Error;
use operation::Call;
use single_sign_on::operations::Proved;

use super::{SignedIn, opening::Opening};

/// Makes the session of somebody of whom a provider has said who they are.
pub async fn by_provider(call: &Call, proved: Proved) -> Result<SignedIn, Error> {
    Opening::by_provider(call, proved).await?.finish(None).await
}

pub(super) fn managed() -> Error {
    Error::forbidden(
        "managed_by_single_sign_on",
        "You sign in by the single sign-on of your organization. Nothing else opens your place in it.",
    )
}
