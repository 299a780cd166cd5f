//! The sample people, their organizations, and a little history, made by the same operations that real people use.

mod firm;

use std::sync::Arc;

use applications::{
    model::{Application, HeaderSet},
    operations::Wanted,
};
use grants::Mode;
use kernel::{
    Actor, Duration, EmailAddress, Error, Factor, OrganizationId, Person, Scope, Secret, SessionId, Staff,
    Timestamp, UserId,
};
use operation::{Call, Origin, World, audit, outbox};
use organizations::{
    model::{MemberKind, Role, UserType},
    operations::{CreateOrganization, Invite, NewPerson},
};
use people::NewUser;
use support_tokens::operations::{Length, NewToken, Which};
use temporary_credentials::model::NewCredentials;

use crate::{Mailbox, SamplePerson, SingleSignOn, provider::Provider};

/// For those who want to type: the password of every sample person.
pub const PASSWORD: &str = "open the door please";

/// What was made.
pub struct Sample {
    pub people: Vec<SamplePerson>,
    /// Who comes by single sign-on.
    pub single_sign_on: SingleSignOn,
    pub application: Application,
    /// Of one organization, for whoever tries them: its name, the address, the password.
    pub credentials: (String, String, String),
    /// The sample product's key, with which it hears of what ended.
    pub events_key: Secret,
}

/// Fills an empty database. `mailbox` gets the mail that this sends; the provider answers already.
pub async fn seed(
    world: &Arc<World>,
    mailbox: &Mailbox,
    provider: &Provider,
    product_port: u16,
) -> Result<Sample, Error> {
    let now = world.clock.now();
    let cast = Cast { world, mailbox, begin: now - Duration::days(9) };

    let vera = cast
        .vendor("vera@ledger.example", "Vera Lang", Staff { agent_level: None, is_administrator: true })
        .await?;
    let ana = cast
        .vendor("ana@ledger.example", "Ana Souza", Staff { agent_level: Some(2), is_administrator: false })
        .await?;
    let bruno = cast
        .vendor(
            "bruno@ledger.example",
            "Bruno Ramos",
            Staff { agent_level: Some(1), is_administrator: false },
        )
        .await?;

    let joana_email: EmailAddress = "joana@aurora.example".parse().map_err(Error::internal)?;
    let mut joana: Option<Player> = None;
    let mut groups = Vec::new();
    for (name, companies) in [
        ("Aurora Holding", 4),
        ("Aurora Logística", 2),
        ("Aurora Serviços", 3),
        ("Aurora Têxtil", 1),
        ("Fundação Aurora de Educação e Cultura", 1),
        ("مؤسسة أورورا", 1),
    ] {
        let call = cast.call(&vera, cast.begin);
        let new = CreateOrganization {
            name: name.to_owned(),
            external_id: None,
            companies,
            administrator_email: joana_email.clone(),
            administrator_name: "Joana Prado".to_owned(),
        };
        let (organization, _) = organizations::operations::create(&call, new).await?;
        joana = Some(
            cast.accept(joana.as_ref(), joana_email.as_str(), "Joana Prado", "America/Sao_Paulo").await?,
        );
        groups.push(organization.id);
    }
    let joana = joana.ok_or(Error::NotFound)?;
    let [holding, logistics, services, textiles, ..] = groups[..] else { return Err(Error::NotFound) };
    let marcos = cast.member(&joana, holding, "marcos@aurora.example", "Marcos Lima", Role::Member).await?;
    cast.member(&joana, holding, "sofia@aurora.example", "Sofia Nunes", Role::Administrator).await?;
    let (kappa, claire, hugo) = cast.accounting_firm(&vera).await?;
    let connection = cast.single_sign_on(kappa, (&claire, &vera), provider, now).await?;
    let single_sign_on = SingleSignOn {
        name: "Zoé",
        role: "employee of a client, by Kappa ID",
        host: "zoe.localhost",
        connection,
        issuer: provider.issuer().to_owned(),
    };

    let kim = cast.partner(&vera, &joana, (kappa, &claire, &hugo), &groups, now).await?;
    cast.history(holding, &joana, &ana, &bruno, now).await?;
    let waiting = Call { now: now - Duration::minutes(26), ..cast.call(&joana, now) };
    let token = NewToken {
        length: Length::For(Duration::hours(4)),
        mode: Mode::ReadOnly,
        customer_ticket: "48213".to_owned(),
    };
    support_tokens::operations::create(&waiting, logistics, token).await?;
    let credentials = cast.credentials(&joana, textiles, now).await?;
    tracing::debug!(%services, "left closed, to be opened by whoever tries the demo");

    let administrator = cast.call(&vera, now);
    let application = applications::operations::create(
        &administrator,
        Wanted {
            name: "Aurora Ledger".to_owned(),
            origin: format!("http://localhost:{product_port}"),
            header_set: HeaderSet::default(),
        },
    )
    .await?;
    let key = api_keys::model::NewApiKey {
        name: "Sample product, to hear of what ended".to_owned(),
        scopes: vec![Scope::EventsRead],
        ends_at: now + Duration::days(300),
    };
    let (_, events_key) = api_keys::operations::create(&administrator, key).await?;
    outbox::send_due(world, mailbox).await?;

    let person =
        |player: &Player, slug, name, role, host| SamplePerson { user: player.user, slug, name, role, host };
    let people = vec![
        person(&joana, "joana", "Joana", "administrator of Aurora Holding", "localhost"),
        person(&ana, "ana", "Ana", "support agent, level 2", "127.0.0.1"),
        person(&vera, "vera", "Vera", "vendor administrator", "vera.localhost"),
        person(&marcos, "marcos", "Marcos", "member of Aurora Holding", "marcos.localhost"),
        person(&kim, "kim", "Kim", "partner (Kappa Comptables)", "kim.localhost"),
        person(&bruno, "bruno", "Bruno", "support agent, level 1", "bruno.localhost"),
        person(&hugo, "hugo", "Hugo", "practitioner at Kappa Comptables", "hugo.localhost"),
    ];
    Ok(Sample { people, single_sign_on, application, credentials, events_key })
}

/// Somebody who can act.
struct Player {
    user: UserId,
    name: String,
    staff: Staff,
    time_zone: String,
}

struct Cast<'a> {
    world: &'a Arc<World>,
    mailbox: &'a Mailbox,
    /// When all this began.
    begin: Timestamp,
}

impl Cast<'_> {
    /// A call by somebody, at a moment that may be past.
    fn call(&self, player: &Player, at: Timestamp) -> Call {
        let person = Person {
            user: player.user,
            name: player.name.clone(),
            session: SessionId::new(at, &*self.world.entropy),
            factor: Factor::Demo,
            proved_at: Some(at),
            single_sign_on_of: None,
            staff: player.staff,
            language: String::new(),
            time_zone: player.time_zone.clone(),
        };
        Call { now: at, ..Call::new(Arc::clone(self.world), Actor::Person(person), Origin::default()) }
    }

    async fn vendor(&self, email: &str, name: &str, staff: Staff) -> Result<Player, Error> {
        let call = Call { now: self.begin, ..Call::by_operator(self.world) };
        let hash = people::passwords::hash(&call, PASSWORD).await?;
        let mut work = call.begin().await?;
        let new = NewUser {
            email: email.parse().map_err(Error::internal)?,
            name: name.to_owned(),
            external_id: None,
            language: String::new(),
            time_zone: "Europe/Andorra".to_owned(),
        };
        let user = people::operations::create(&mut work, new).await?;
        people::operations::set_password_hash(&mut work, user.id, &hash).await?;
        people::operations::set_staff(&mut work, user.id, staff.agent_level, staff.is_administrator).await?;
        work.commit(audit::Entry::new("person.created").subject(user.id)).await?;
        Ok(Player { user: user.id, name: user.name, staff, time_zone: user.time_zone })
    }

    /// Opens the link that was just mailed.
    async fn accept(
        &self,
        known: Option<&Player>,
        email: &str,
        name: &str,
        zone: &str,
    ) -> Result<Player, Error> {
        while outbox::send_due(self.world, self.mailbox).await? > 0 {}
        let mail =
            self.mailbox.list().into_iter().map(|(_, mail)| mail).find(|mail| mail.to.as_str() == email);
        let body = mail.ok_or(Error::NotFound)?.body;
        let token = body
            .split_whitespace()
            .find_map(|word| word.split_once("/invitations/").map(|(_, token)| token.to_owned()))
            .ok_or(Error::NotFound)?;
        let call = match known {
            Some(player) => self.call(player, self.begin + Duration::hours(1)),
            None => Call {
                now: self.begin + Duration::hours(1),
                ..Call::new(Arc::clone(self.world), Actor::Nobody, Origin::default())
            },
        };
        let new = known.is_none().then(|| NewPerson {
            name: name.to_owned(),
            password: PASSWORD.to_owned(),
            language: String::new(),
            time_zone: zone.to_owned(),
        });
        let accepted = organizations::operations::accept_invitation(&call, &token, new).await?;
        Ok(Player {
            user: accepted.user,
            name: name.to_owned(),
            staff: Staff::default(),
            time_zone: zone.to_owned(),
        })
    }

    async fn member(
        &self,
        by: &Player,
        organization: OrganizationId,
        email: &str,
        name: &str,
        role: Role,
    ) -> Result<Player, Error> {
        self.person_of(by, organization, (email, name), role, UserType::None).await
    }

    async fn person_of(
        &self,
        by: &Player,
        organization: OrganizationId,
        (email, name): (&str, &str),
        role: Role,
        user_type: UserType,
    ) -> Result<Player, Error> {
        let invite = Invite {
            email: email.parse().map_err(Error::internal)?,
            name: name.to_owned(),
            role,
            kind: MemberKind::Customer,
            user_type,
            ends_at: None,
        };
        organizations::operations::invite(&self.call(by, self.begin), organization, invite).await?;
        self.accept(None, email, name, "America/Sao_Paulo").await
    }

    /// A pair that works for a day.
    async fn credentials(
        &self,
        joana: &Player,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<(String, String, String), Error> {
        let new = NewCredentials {
            validity: Duration::days(1),
            mode: Mode::ReadOnly,
            requires_agent: false,
            replaces: None,
        };
        let call = self.call(joana, now);
        let (made, password) = temporary_credentials::operations::generate(&call, organization, new).await?;
        Ok((made.organization_name, made.address.to_string(), password.expose().to_owned()))
    }

    /// The firm works for others, with a client in each state. Gives an administrator of it.
    async fn partner(
        &self,
        vera: &Player,
        joana: &Player,
        (kappa, claire, hugo): (OrganizationId, &Player, &Player),
        groups: &[OrganizationId],
        now: Timestamp,
    ) -> Result<Player, Error> {
        use partners::operations as acts;
        let kim = ("kim@kappa.example", "Kim Roux");
        let kim = self.person_of(claire, kappa, kim, Role::Administrator, UserType::None).await?;
        let registrar = self.call(vera, self.begin + Duration::hours(2));
        acts::register(&registrar, kappa, true, false).await?;
        for client in groups {
            acts::register(&registrar, *client, false, true).await?;
        }
        let at = |ago: i64| self.call(&kim, now - Duration::days(ago));
        let people = acts::colleagues(&at(7), kappa).await?;
        let of = |player: &Player| {
            people.iter().find(|one| one.user == player.user).map(|one| one.membership).ok_or(Error::NotFound)
        };
        let both = [of(&kim)?, of(hugo)?];
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        // Active, ending soon; active; disabled.
        let [holding, _, services, textile, ..] = groups else { return Err(Error::NotFound) };
        for (client, ends_in, given, members) in [
            (holding, None, keys(&["ticket_management", "ticket_user"]), &both[..]),
            (services, Some(5), keys(&["ticket_user"]), &both[..1]),
            (textile, None, keys(&["ticket_user", "server_management"]), &both[..1]),
        ] {
            let token = acts::add(&at(7), kappa, "").await?;
            let value = acts::shown_token(&at(7), token.id()).await?;
            let terms = partners::model::Terms {
                permissions: given.clone(),
                mode: Mode::Write,
                ends_at: ends_in.map(|days| now + Duration::days(days)),
                review_at: None,
            };
            acts::authorize(&self.call(joana, now - Duration::days(6)), *client, &value, terms).await?;
            acts::authorize_users(&at(6), token.id(), members, &given).await?;
            if client == textile {
                acts::disable(&at(2), token.id()).await?;
            }
        }
        acts::add(&at(1), kappa, "Aurora Logística").await?;
        Ok(kim)
    }

    /// Past tokens of each kind, for the history and its picture.
    async fn history(
        &self,
        organization: OrganizationId,
        joana: &Player,
        ana: &Player,
        bruno: &Player,
        now: Timestamp,
    ) -> Result<(), Error> {
        let past = [
            (Duration::days(6), Duration::hours(4), Mode::ReadOnly, Some((ana, "48120")), None),
            (Duration::days(4), Duration::hours(4), Mode::ReadOnly, None, None),
            (Duration::days(3), Duration::days(1), Mode::Write, Some((bruno, "48177")), None),
            (
                Duration::days(1),
                Duration::days(1),
                Mode::Write,
                Some((ana, "48201")),
                Some(Duration::hours(5)),
            ),
        ];
        for (ago, validity, mode, taken, revoked) in past {
            let made = now - ago;
            let new = NewToken { length: Length::For(validity), mode, customer_ticket: String::new() };
            let token =
                support_tokens::operations::create(&self.call(joana, made), organization, new).await?;
            if let Some((agent, ticket)) = taken {
                let call = self.call(agent, made + Duration::minutes(12));
                support_tokens::operations::associate(&call, Which::Grant(token.grant.id), ticket, "")
                    .await?;
            }
            if let Some(after) = revoked {
                support_tokens::operations::revoke(&self.call(joana, made + after), token.grant.id).await?;
            }
            support_tokens::operations::expire_due(self.world).await?;
        }
        Ok(())
    }
}
