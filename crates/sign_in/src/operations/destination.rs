//! Where a person goes after the sign-in.

use kernel::{Error, Person, SecretHash};
use operation::Call;

use crate::model;

/// The page where a person begins: members at their organizations, people of partners at their clients, agents at their desk, vendor administrators at the
/// list of organizations.
pub async fn landing(call: &Call, person: &Person) -> Result<&'static str, Error> {
    use organizations::model::MemberKind;
    let mut tx = call.read().await?;
    let memberships = organizations::operations::open_memberships(&mut tx, person, call.now).await?;
    let is_member = memberships.iter().any(|(membership, _)| membership.kind == MemberKind::Customer);
    // Who is nowhere but with a partner has nothing of their own to open.
    let is_partner = is_member
        && memberships.iter().all(|(_, organization)| {
            organization.partner_since.is_some() && organization.client_since.is_none()
        });
    Ok(match person.staff {
        _ if is_partner => "/my-clients",
        _ if is_member => "/organizations",
        staff if staff.agent_level.is_some() => "/desk",
        staff if staff.is_administrator => "/admin/organizations",
        _ => "/organizations",
    })
}

/// Where somebody wanted to go when they were asked to sign in, as the browser sent it.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// A page of this host.
    pub return_to: String,
    /// An address in a product.
    pub rd: String,
    /// What binds the way there to the browser that began it at the product.
    pub way: String,
}

/// The address to send a browser to after the sign-in, if the wanted one is one of ours (case 36).
pub async fn destination(call: &Call, wanted: &Wanted) -> Result<Option<String>, Error> {
    if let Some((url, _)) = product_page(call, wanted).await? {
        let rd: String = url::form_urlencoded::byte_serialize(url.as_str().as_bytes()).collect();
        // Without a way, `/continue` lets it begin at the product.
        let way = SecretHash::parse(&wanted.way).map(|way| format!("&way={way}")).unwrap_or_default();
        return Ok(Some(format!("/continue?rd={rd}{way}")));
    }
    Ok(model::own_page(&wanted.return_to, &call.world.settings.public_url).filter(|page| page != "/"))
}

/// The wanted address and its origin, if it is in a registered product.
async fn product_page(call: &Call, wanted: &Wanted) -> Result<Option<(url::Url, String)>, Error> {
    let Some((url, origin)) = model::product_page(&wanted.rd) else { return Ok(None) };
    let mut tx = call.read().await?;
    let application = applications::operations::find_seen_at(&mut tx, &call.world.settings, &origin).await?;
    Ok(application.map(|_| (url, origin)))
}

/// The origin of the product that the sign-in is to end in.
pub async fn product_origin(call: &Call, wanted: &Wanted) -> Result<Option<String>, Error> {
    Ok(product_page(call, wanted).await?.map(|(_, origin)| origin))
}
