//! An accounting firm: people of every user type, and a provider at which one of the types signs in.

use kernel::{Actor, ConnectionId, EmailAddress, Error, OrganizationId, Timestamp};
use operation::{Call, Origin};
use organizations::{
    model::{Role, UserType},
    operations::CreateOrganization,
};
use single_sign_on::operations::{self as acts, Answer, Arrived, Prepare, Sent, Wanted};

use super::{Cast, Player};
use crate::provider::{CLIENT, CLIENT_SECRET, NAME, Provider};

/// The domain of the firm's client whose employees sign in at the provider.
const DOMAIN: &str = "mer.example";

impl Cast<'_> {
    /// A firm with people of every user type; employees come by single sign-on. Gives its administrator and one of its
    /// practitioners.
    pub(super) async fn accounting_firm(
        &self,
        vera: &Player,
    ) -> Result<(OrganizationId, Player, Player), Error> {
        let email: EmailAddress = "claire@kappa.example".parse().map_err(Error::internal)?;
        let new = CreateOrganization {
            name: "Kappa Comptables".to_owned(),
            external_id: None,
            companies: 12,
            administrator_email: email.clone(),
            administrator_name: "Claire Roux".to_owned(),
        };
        let (firm, _) = organizations::operations::create(&self.call(vera, self.begin), new).await?;
        let claire = self.accept(None, email.as_str(), "Claire Roux", "Europe/Paris").await?;
        let practitioner = ("hugo@kappa.example", "Hugo Blanc");
        let hugo =
            self.person_of(&claire, firm.id, practitioner, Role::Member, UserType::Practitioner).await?;
        for (person, user_type) in [
            (("lena@mer.example", "Léna Mer"), UserType::AdministratorClient),
            (("paul@mer.example", "Paul Mer"), UserType::StandardClient),
        ] {
            self.person_of(&claire, firm.id, person, Role::Member, user_type).await?;
        }
        Ok((firm.id, claire, hugo))
    }

    /// Employees of the firm's clients sign in at its provider: tried and switched on by the firm's administrator. One of them
    /// has done so already, which made her account.
    pub(super) async fn single_sign_on(
        &self,
        firm: OrganizationId,
        (claire, vera): (&Player, &Player),
        provider: &Provider,
        now: Timestamp,
    ) -> Result<ConnectionId, Error> {
        let owner = self.call(claire, now);
        let domain = acts::add_domain(&owner, firm, DOMAIN).await?;
        acts::confirm_domain(&self.call(vera, now), firm, domain.id).await?;
        let prepare = Prepare {
            name: NAME.to_owned(),
            issuer: provider.issuer().to_owned(),
            client_id: CLIENT.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            groups: vec!["employees".to_owned()],
            new_people: "employee".to_owned(),
        };
        let connection = acts::create(&owner, firm, prepare).await?.id;
        let sent = acts::begin_test(&owner, firm, connection).await?;
        visit(&owner, connection, &sent, provider).await?;
        acts::activate(&owner, firm, connection).await?;

        let somebody = Call::new(self.world.clone(), Actor::Nobody, Origin::default());
        let sent = acts::begin_sign_in(&somebody, connection, Wanted::default()).await?;
        visit(&somebody, connection, &sent, provider).await?;
        provider.begin_anew();
        Ok(connection)
    }
}

/// To the provider, where it is Zoé who comes, and back. What the provider says makes no session here.
async fn visit(call: &Call, connection: ConnectionId, sent: &Sent, provider: &Provider) -> Result<(), Error> {
    let back = provider.visit(&sent.address, "zoe").ok_or(Error::NotFound)?;
    let said =
        |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let answer = Answer {
        code: said("code").unwrap_or_default(),
        state: said("state").unwrap_or_default(),
        iss: said("iss"),
        error: String::new(),
    };
    match acts::arrive(call, connection, Some(sent.secret.expose()), &answer).await? {
        Arrived::SignedIn(_) | Arrived::Tested(_) => Ok(()),
        Arrived::Connect => Err(Error::NotFound),
    }
}
