//! One of a partner's people goes into a client's account.

use kernel::{ApplicationId, Error, GrantId};
use operation::Call;
use sessions::model::{Kind, NewHandover};

use super::{entries, partner, standing::standing};
use crate::{model::Way, rows};

/// Lets a person into a product of a client, by a session of its own beside the person's (B17). The address that it gives
/// leads back to our host, where the ticket in it is good for the person's own session only.
pub async fn enter(call: &Call, id: GrantId, application: Option<ApplicationId>) -> Result<Way, Error> {
    let person = call.actor.person()?;
    // What a provider says counts in its own organization, and a client of it is another.
    if person.single_sign_on_of.is_some() {
        return Err(Error::forbidden(
            "other_sign_in_required",
            "You signed in by the single sign-on of your organization, which opens no account of a client. Sign out, and sign in with \
             your password.",
        ));
    }
    let mut work = call.begin().await?;
    let token =
        rows::find(&mut work, id).await?.filter(|token| token.deleted_at.is_none()).ok_or(Error::NotFound)?;
    let (_, membership) = partner(call, &mut work, token.partner).await?;
    // B10: of a client that somebody is not authorized for they learn nothing.
    let is_authorized = rows::is_authorized(&mut work, id, membership.id).await?;
    if !is_authorized && !membership.is_administrator() {
        return Err(Error::NotFound);
    }
    token.require_active(call.now)?;
    if standing(&mut work, &token.grant, person.user, call.now).await?.is_none() {
        return Err(Error::forbidden(
            "partner_user_not_authorized",
            format!(
                "You have no permissions at {}. An administrator of {} can authorize you.",
                token.name(),
                token.partner_name
            ),
        ));
    }
    let client = token.client().ok_or(Error::NotFound)?;
    let product = applications::operations::to_enter(&mut work, application).await?;
    let handover = NewHandover {
        kind: Kind::Acting,
        session: person.session,
        application: product.id,
        organization: client,
        grant: Some(id),
        return_to: "/".to_owned(),
        way: None,
    };
    let ticket = sessions::operations::hand_over(&mut work, handover).await?;
    let url = applications::operations::way_in(call, &product, &ticket);
    let entered = entries("partner.entered", &token, |entry| {
        entry
            .subject(person.user)
            .detail("user", person.name.as_str())
            .detail("application", product.id.to_string())
            .detail("application_name", product.name.as_str())
    });
    work.commit_all(entered).await?;
    Ok(Way { application: product.id, url })
}
