//! Which mail domains are an organization's own.

use kernel::{DomainId, Error, OrganizationId, Secret, secret::Purpose};
use operation::{Call, audit};
use url::Url;

use super::require_preparer;
use crate::{
    model::{self, Domain, PROOF_PATH},
    protocol::fetch::{self, Line, Media},
    rows,
};

fn entry(kind: &'static str, domain: &Domain) -> audit::Entry {
    audit::Entry::new(kind)
        .organization(domain.organization)
        .subject(domain.id)
        .detail("domain", domain.domain.as_str())
}

/// Begins to prove a domain. It is worth nothing before it is proved.
pub async fn add_domain(call: &Call, organization: OrganizationId, text: &str) -> Result<Domain, Error> {
    let mut work = call.begin().await?;
    let (organization, _) = require_preparer(call, &mut work, organization).await?;
    let domain = model::checked_domain(text).map_err(|wrong| Error::Invalid(vec![wrong]))?;
    let of_vendor = &call.world.settings.vendor_mail_domains;
    let is_vendors =
        format!("x@{domain}").parse().is_ok_and(|email| organizations::is_vendor_address(&email, of_vendor));
    if is_vendors {
        let sentence = "This is a domain of the vendor's own people.";
        return Err(Error::invalid("domain", "vendor_domain", sentence));
    }
    if rows::domains(&mut work, organization.id).await?.len() >= model::MOST {
        return Err(Error::conflict("too_many_domains", "There are too many domains. Remove one."));
    }
    // It opens nothing, and whoever reads it at the domain may know it: a secret only in that nobody can guess it.
    let token = Secret::new(Purpose::SingleSignOn, &*call.world.entropy).hash().to_string();
    let domain = Domain {
        id: call.new_id(),
        organization: organization.id,
        domain,
        token: token[..40].to_owned(),
        created_at: call.now,
        proved_at: None,
        proved_how: None,
    };
    match rows::insert_domain(&mut work, &domain).await {
        Ok(()) => {}
        Err(error) if error.is_taken() => {
            return Err(Error::invalid("domain", "already_there", "This domain is in the list already."));
        }
        Err(error) => return Err(error.into()),
    }
    work.commit(entry("single_sign_on.domain_added", &domain)).await?;
    Ok(domain)
}

/// Looks whether the domain shows the line that only its owner can put there.
pub async fn prove_domain(call: &Call, organization: OrganizationId, id: DomainId) -> Result<Domain, Error> {
    let domain = {
        let mut tx = call.read().await?;
        let (organization, _) = require_preparer(call, &mut tx, organization).await?;
        rows::find_domain(&mut tx, organization.id, id).await?.ok_or(Error::NotFound)?
    };
    if domain.proved_at.is_some() {
        return Err(already_proved());
    }
    let address = Url::parse(&format!("https://{}{PROOF_PATH}", domain.domain)).map_err(Error::internal)?;
    let of = organization.to_string();
    let line = Line { providers: &call.world.settings.providers, of: &of };
    let found = fetch::get(line, &address, Media::Text, None).await;
    let is_shown = match &found {
        Ok(body) => {
            body.split(|byte| *byte == b'\n').any(|line| line.trim_ascii() == domain.line().as_bytes())
        }
        Err(_) => false,
    };
    if !is_shown {
        let why = found.err().map_or("line_missing", fetch::Trouble::word);
        call.refused(entry("single_sign_on.domain_proved", &domain).detail("reason", why)).await;
        return Err(Error::conflict(
            "domain_not_proved",
            format!(
                "The line was not found at https://{}{PROOF_PATH}. Put it there, and try again.",
                domain.domain
            ),
        ));
    }
    own(call, organization, domain, "file").await
}

/// The vendor's administrator has made sure by other means that the domain is this organization's.
pub async fn confirm_domain(
    call: &Call,
    organization: OrganizationId,
    id: DomainId,
) -> Result<Domain, Error> {
    let domain = {
        let mut tx = call.read().await?;
        let (organization, _) = require_preparer(call, &mut tx, organization).await?;
        call.actor.administrator()?;
        rows::find_domain(&mut tx, organization.id, id).await?.ok_or(Error::NotFound)?
    };
    own(call, organization, domain, "vendor").await
}

async fn own(
    call: &Call,
    organization: OrganizationId,
    domain: Domain,
    how: &'static str,
) -> Result<Domain, Error> {
    let by = call.actor.person()?.user;
    let mut work = call.begin().await?;
    require_preparer(call, &mut work, organization).await?;
    match rows::prove_domain(&mut work, domain.id, how, Some(by), call.now).await {
        Ok(true) => {}
        Ok(false) => return Err(already_proved()),
        Err(error) if error.is_taken() => {
            return Err(Error::conflict(
                "domain_of_another",
                "Another organization has proved that this domain is its own. Ask the vendor.",
            ));
        }
        Err(error) => return Err(error.into()),
    }
    work.commit(entry("single_sign_on.domain_proved", &domain).detail("how", how)).await?;
    Ok(Domain { proved_at: Some(call.now), proved_how: Some(how.to_owned()), ..domain })
}

fn already_proved() -> Error {
    Error::conflict("domain_already_proved", "This domain is proved already.")
}

/// Takes a domain out of the list. While people sign in by a connection the proved ones stay.
pub async fn remove_domain(call: &Call, organization: OrganizationId, id: DomainId) -> Result<(), Error> {
    let mut work = call.begin().await?;
    let (organization, _) = require_preparer(call, &mut work, organization).await?;
    organizations::operations::lock(&mut work, organization.id).await?;
    let domain = rows::find_domain(&mut work, organization.id, id).await?.ok_or(Error::NotFound)?;
    let is_used = rows::list(&mut work, organization.id).await?.iter().any(|bare| bare.live.is_some());
    if is_used && domain.proved_at.is_some() {
        return Err(Error::conflict(
            "domain_in_use",
            "People sign in by it. Switch single sign-on off first.",
        ));
    }
    rows::remove_domain(&mut work, id).await?;
    work.commit(entry("single_sign_on.domain_removed", &domain)).await
}
