//! Operations on a movable clock, on both databases.

use std::sync::Arc;

use kernel::{Actor, Duration, EmailAddress, Error, OrganizationId, Person, SessionId, Staff, UserId};
use operation::{Call, Origin, Settings, World, live::Live};
use testkit::{Database, SystemEntropy, TestClock};
use tokio::sync::Notify;

use super::rows;
use crate::{
    model::{MemberKind, Role, UserType},
    operations::{
        self, ChangeMember, CreateOrganization, Invite, MemberQuery, NewPerson, Next, accept_invitation,
        change_member, create, expire_memberships, invite, list_members, look_at_invitation, membership,
        revoke_invitation, setup, unlink,
    },
};

const PASSWORD: &str = "tulip 4711 gravel boat";

struct NoGate;

impl gate::Revocations for NoGate {
    fn revoke(&self, _: &[gate::Key]) {}
}

struct House {
    world: Arc<World>,
    clock: TestClock,
    _database: Database,
}

async fn houses() -> Vec<House> {
    let mut houses = Vec::new();
    for database in Database::both().await {
        let clock = TestClock::default();
        let settings = Settings {
            public_url: "https://access.example.com".into(),
            vendor_name: "Ledger".into(),
            organizations_called: String::new(),
            vendor_mail_domains: vec!["ledger.example".into()],
            temporary_credentials_domain: "temporary.access.example.com".to_owned(),
            longest_validity: Duration::days(7),
            answer_window: Duration::hours(4),
            secure_cookies: true,
            is_demo: false,
            may_show_key_again: true,
            password_cost: operation::PasswordCost::FLOOR,
            providers: operation::Providers::default(),
            require_passkeys_of_agents: false,
        };
        let world = World {
            store: database.open().await,
            revocations: Arc::new(NoGate),
            clock: Arc::new(clock.clone()),
            entropy: Arc::new(SystemEntropy),
            sealing: kernel::Sealing::new(&[[9; 32]]),
            live: Live::default(),
            mail_waits: Notify::new(),
            clock_check: operation::ClockCheck::default(),
            settings,
        };
        houses.push(House { world: Arc::new(world), clock, _database: database });
    }
    houses
}

fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address")
}

impl House {
    fn nobody(&self) -> Call {
        Call::new(Arc::clone(&self.world), Actor::Nobody, Origin::default())
    }

    async fn person(&self, user: UserId) -> Call {
        let call = self.nobody();
        let mut tx = call.read().await.expect("reads");
        let staff: Staff = people::operations::staff(&mut tx, user).await.expect("read");
        let name = people::operations::get(&mut tx, user).await.expect("known").name;
        let session = SessionId::from_bytes([9; 16]);
        let (language, time_zone) = (String::new(), String::new());
        call.with_actor(Actor::Person(Person {
            user,
            name,
            session,
            factor: kernel::Factor::Totp,
            proved_at: None,
            single_sign_on_of: None,
            staff,
            language,
            time_zone,
        }))
    }

    /// The link in the newest mail to an address.
    async fn link(&self, to: &str) -> String {
        let mut tx = self.world.store.read().await.expect("reads");
        let body = rows::newest_mail(&mut tx, to).await;
        let (_, rest) = body.split_once("/invitations/").expect("a link");
        rest.split_whitespace().next().expect("a token").to_owned()
    }

    async fn join(&self, email: &str, name: &str) -> UserId {
        let token = self.link(email).await;
        let new = NewPerson {
            name: name.into(),
            password: PASSWORD.into(),
            language: String::new(),
            time_zone: String::new(),
        };
        accept_invitation(&self.nobody(), &token, Some(new)).await.expect("accepted").user
    }

    /// A vendor administrator, an organization, its first administrator.
    async fn with_organization(&self) -> (UserId, OrganizationId, UserId) {
        let secret = setup::issue(&Call::by_operator(&self.world)).await.expect("a link");
        let vendor =
            setup::complete(&self.nobody(), secret.expose(), "Vera", "vera@ledger.example", PASSWORD)
                .await
                .expect("the first administrator");
        let new = CreateOrganization {
            name: "Aurora".into(),
            external_id: Some("a-1".into()),
            companies: 3,
            administrator_email: address("joana@aurora.example"),
            administrator_name: String::new(),
        };
        let (organization, _) = create(&self.person(vendor).await, new).await.expect("made");
        let joana = self.join("joana@aurora.example", "Joana Lima").await;
        (vendor, organization.id, joana)
    }

    async fn invite(&self, by: UserId, organization: OrganizationId, invited: Invite) -> Result<(), Error> {
        invite(&self.person(by).await, organization, invited).await.map(drop)
    }

    async fn is_member(&self, organization: OrganizationId, user: UserId) -> bool {
        let call = self.nobody();
        let mut tx = call.read().await.expect("reads");
        membership(&mut tx, organization, user, call.now).await.expect("read").is_some()
    }

    async fn place(&self, by: UserId, organization: OrganizationId, user: UserId) -> kernel::MembershipId {
        let query = MemberQuery { limit: 50, ..MemberQuery::default() };
        let (members, _) = list_members(&self.person(by).await, organization, query).await.expect("listed");
        members.iter().find(|member| member.membership.user == user).expect("a member").membership.id
    }
}

fn a_member(email: &str, role: Role) -> Invite {
    Invite {
        email: address(email),
        name: String::new(),
        role,
        kind: MemberKind::Customer,
        user_type: UserType::None,
        ends_at: None,
    }
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::Invalid(fields) => fields.first().map_or("", |field| field.code.0),
        error => error.code().0,
    }
}

/// A39: a link works once, ends, and ends when it is revoked; all say the same.
#[tokio::test]
async fn an_invitation_works_once_and_ends() {
    for house in houses().await {
        let (_, aurora, joana) = house.with_organization().await;
        house.invite(joana, aurora, a_member("rui@aurora.example", Role::Member)).await.expect("invited");
        let first = house.link("rui@aurora.example").await;
        house.clock.advance(Duration::minutes(1));
        house
            .invite(joana, aurora, a_member("rui@aurora.example", Role::Member))
            .await
            .expect("invited again");
        let refused = look_at_invitation(&house.nobody(), &first).await.expect_err("superseded");
        assert_eq!(code(&refused), "invitation_over");

        let second = house.link("rui@aurora.example").await;
        let rui = house.join("rui@aurora.example", "Rui").await;
        assert!(house.is_member(aurora, rui).await);
        let again = look_at_invitation(&house.nobody(), &second).await.expect_err("used");
        assert_eq!(code(&again), "invitation_over");

        house.invite(joana, aurora, a_member("eva@aurora.example", Role::Member)).await.expect("invited");
        let third = house.link("eva@aurora.example").await;
        house.clock.advance(Duration::days(7));
        let late = look_at_invitation(&house.nobody(), &third).await.expect_err("ended");
        assert_eq!(code(&late), "invitation_over");

        house.invite(joana, aurora, a_member("eva@aurora.example", Role::Member)).await.expect("invited");
        let fourth = house.link("eva@aurora.example").await;
        let open = operations::list_invitations(&house.person(joana).await, aurora).await.expect("listed");
        revoke_invitation(&house.person(joana).await, aurora, open[0].id).await.expect("revoked");
        let gone = look_at_invitation(&house.nobody(), &fourth).await.expect_err("revoked");
        assert_eq!(code(&gone), "invitation_over");
    }
}

/// A39: the link is for its address: a person who is known signs in, and nobody else can use it.
#[tokio::test]
async fn an_invitation_is_for_its_address_only() {
    for house in houses().await {
        let (vendor, aurora, joana) = house.with_organization().await;
        house.invite(joana, aurora, a_member("rui@aurora.example", Role::Member)).await.expect("invited");
        let rui = house.join("rui@aurora.example", "Rui").await;
        house.clock.advance(Duration::seconds(1));
        let new = CreateOrganization {
            name: "Borealis".into(),
            external_id: None,
            companies: 0,
            administrator_email: address("rui@aurora.example"),
            administrator_name: "Rui".into(),
        };
        let (borealis, _) = create(&house.person(vendor).await, new).await.expect("made");
        let token = house.link("rui@aurora.example").await;
        let next = |offered: Result<operations::Offered, Error>| offered.expect("open").next;
        assert_eq!(next(look_at_invitation(&house.nobody(), &token).await), Next::SignIn);
        assert!(matches!(
            accept_invitation(&house.nobody(), &token, None).await,
            Err(Error::Unauthenticated)
        ));
        let other = house.person(joana).await;
        assert_eq!(next(look_at_invitation(&other, &token).await), Next::ChangePerson);
        let refused = accept_invitation(&other, &token, None).await.expect_err("somebody else");
        assert_eq!(code(&refused), "invited_is_somebody_else");
        assert!(!house.is_member(borealis.id, joana).await);
        accept_invitation(&house.person(rui).await, &token, None).await.expect("accepted");
        assert!(house.is_member(borealis.id, rui).await && house.is_member(aurora, rui).await);
    }
}

/// A41: two administrators who demote, or unlink, each other at the same moment leave one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_administrators_who_remove_each_other_leave_one() {
    for house in houses().await {
        let (_, aurora, joana) = house.with_organization().await;
        house
            .invite(joana, aurora, a_member("rui@aurora.example", Role::Administrator))
            .await
            .expect("invited");
        let rui = house.join("rui@aurora.example", "Rui").await;
        let (of_joana, of_rui) =
            (house.place(joana, aurora, joana).await, house.place(joana, aurora, rui).await);
        let (by_joana, by_rui) = (house.person(joana).await, house.person(rui).await);
        let demotion = ChangeMember { role: Some(Role::Member), ..ChangeMember::default() };
        let one =
            operation::spawn(
                async move { change_member(&by_joana, aurora, of_rui, demotion).await.map(drop) },
            );
        let two = operation::spawn(async move { unlink(&by_rui, aurora, of_joana).await });
        let outcomes = [one.await.expect("no panic"), two.await.expect("no panic")];
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");

        let last = if outcomes[0].is_ok() { (joana, of_joana) } else { (rui, of_rui) };
        let by_last = house.person(last.0).await;
        let ends =
            ChangeMember { ends_at: Some(Some(by_last.now + Duration::days(1))), ..ChangeMember::default() };
        for refused in [
            unlink(&by_last, aurora, last.1).await,
            change_member(&by_last, aurora, last.1, demotion).await.map(drop),
            change_member(&by_last, aurora, last.1, ends).await.map(drop),
        ] {
            assert_eq!(code(&refused.expect_err("the last one")), "last_administrator");
        }
    }
}

/// B19: a temporary membership ends at its instant; the note of it comes later, and the place is free again.
#[tokio::test]
async fn a_temporary_membership_ends_by_itself() {
    for house in houses().await {
        let (_, aurora, joana) = house.with_organization().await;
        let end = house.nobody().now + Duration::hours(2);
        let temporary = Invite { ends_at: Some(end), ..a_member("rui@aurora.example", Role::Member) };
        house.invite(joana, aurora, temporary).await.expect("invited");
        let rui = house.join("rui@aurora.example", "Rui").await;
        house.clock.advance(Duration::hours(2));
        assert!(!house.is_member(aurora, rui).await, "nobody had to note it");
        house
            .invite(joana, aurora, a_member("rui@aurora.example", Role::Member))
            .await
            .expect("invited again");
        let token = house.link("rui@aurora.example").await;
        accept_invitation(&house.person(rui).await, &token, None).await.expect("accepted");
        assert!(house.is_member(aurora, rui).await);
        assert_eq!(expire_memberships(&house.world).await.expect("looked"), 0, "the acceptance noted it");

        let place = house.place(joana, aurora, rui).await;
        let soon = Some(Some(house.nobody().now + Duration::minutes(5)));
        let change = ChangeMember { ends_at: soon, ..ChangeMember::default() };
        change_member(&house.person(joana).await, aurora, place, change).await.expect("changed");
        house.clock.advance(Duration::minutes(5));
        assert_eq!(expire_memberships(&house.world).await.expect("looked"), 1);
        assert_eq!(expire_memberships(&house.world).await.expect("looked"), 0);
    }
}

/// A6, A7: the vendor's people come in by a customer's invitation as vendor staff, or not at all.
#[tokio::test]
async fn the_vendor_cannot_bring_itself_in() {
    for house in houses().await {
        let (vendor, aurora, joana) = house.with_organization().await;
        let by_vendor = house.person(vendor).await;
        let refused = house.invite(vendor, aurora, a_member("vera@ledger.example", Role::Member)).await;
        assert!(matches!(refused, Err(Error::NotFound)));
        let first =
            operations::invite_first_administrator(&by_vendor, aurora, address("x@y.example"), String::new())
                .await;
        assert_eq!(code(&first.expect_err("it has people")), "organization_has_members");
        for email in ["vera@ledger.example", "new@ledger.example"] {
            let refused =
                house.invite(joana, aurora, a_member(email, Role::Member)).await.expect_err("vendor's");
            assert_eq!(code(&refused), "vendor_staff_address");
        }
        let new = CreateOrganization {
            name: "Trap".into(),
            external_id: None,
            companies: 0,
            administrator_email: address("vera@ledger.example"),
            administrator_name: String::new(),
        };
        assert_eq!(code(&create(&by_vendor, new).await.expect_err("vendor's")), "vendor_staff_address");

        let ends_at = Some(house.nobody().now + Duration::days(30));
        let staff = Invite {
            kind: MemberKind::VendorStaff,
            ends_at,
            ..a_member("vera@ledger.example", Role::Member)
        };
        house.invite(joana, aurora, staff).await.expect("invited by the customer");
        let token = house.link("vera@ledger.example").await;
        accept_invitation(&by_vendor, &token, None).await.expect("accepted");
        let place = house.place(joana, aurora, vendor).await;
        let promotion = ChangeMember { role: Some(Role::Administrator), ..ChangeMember::default() };
        let endless = ChangeMember { ends_at: Some(None), ..ChangeMember::default() };
        for change in [promotion, endless] {
            assert!(change_member(&house.person(joana).await, aurora, place, change).await.is_err());
        }
        house.clock.advance(Duration::days(30));
        assert!(!house.is_member(aurora, vendor).await);
    }
}

/// S7: a set-up link works once and for an hour; a newer one ends it.
#[tokio::test]
async fn a_setup_link_works_once() {
    for house in houses().await {
        let operator = Call::by_operator(&house.world);
        let old = setup::issue(&operator).await.expect("a link");
        let link = setup::issue(&operator).await.expect("a link");
        let complete = async |token: String, email: &str| {
            setup::complete(&house.nobody(), &token, "Vera", email, PASSWORD).await
        };
        let over = complete(old.expose().to_owned(), "a@ledger.example").await.expect_err("ended");
        assert_eq!(code(&over), "setup_link_over");
        complete(link.expose().to_owned(), "vera@ledger.example").await.expect("made");
        let used = complete(link.expose().to_owned(), "b@ledger.example").await.expect_err("used");
        assert_eq!(code(&used), "setup_link_over");
        assert!(setup::issue(&house.nobody()).await.is_err());
        let late = setup::issue(&operator).await.expect("a link");
        house.clock.advance(Duration::hours(1));
        assert_eq!(
            code(&setup::look(&house.nobody(), late.expose()).await.expect_err("ended")),
            "setup_link_over"
        );
    }
}

/// B20: search, sort, filter, pages; only administrators of the organization see the list.
#[tokio::test]
async fn members_are_searched_sorted_and_paged() {
    for house in houses().await {
        let (vendor, aurora, joana) = house.with_organization().await;
        for (email, name) in [("rui@aurora.example", "Rui 100%"), ("eva@aurora.example", "Eva_Luz")] {
            house.invite(joana, aurora, a_member(email, Role::Member)).await.expect("invited");
            house.join(email, name).await;
        }
        let call = house.person(joana).await;
        let names = async |query: MemberQuery<'_>| {
            let (members, has_more) = list_members(&call, aurora, query).await.expect("listed");
            (members.into_iter().map(|member| member.name).collect::<Vec<_>>().join(", "), has_more)
        };
        let all = MemberQuery { limit: 50, ..MemberQuery::default() };
        assert_eq!(names(all).await, ("Eva_Luz, Joana Lima, Rui 100%".into(), false));
        assert_eq!(names(MemberQuery { limit: 2, ..all }).await, ("Eva_Luz, Joana Lima".into(), true));
        assert_eq!(names(MemberQuery { limit: 2, offset: 2, ..all }).await, ("Rui 100%".into(), false));
        for (search, found) in
            [("100%", "Rui 100%"), ("%", "Rui 100%"), ("_", "Eva_Luz"), ("JOANA@", "Joana Lima")]
        {
            assert_eq!(names(MemberQuery { search, ..all }).await.0, found, "{search}");
        }
        let administrators = MemberQuery { role: Some(Role::Administrator), ..all };
        assert_eq!(names(administrators).await.0, "Joana Lima");
        assert!(matches!(list_members(&house.person(vendor).await, aurora, all).await, Err(Error::NotFound)));
    }
}

/// There is no act without an entry.
#[tokio::test]
async fn every_act_leaves_its_entry() {
    for house in houses().await {
        house.with_organization().await;
        let mut tx = house.world.store.read().await.expect("reads");
        let kinds = rows::kinds_of_entries(&mut tx).await;
        let expected = [
            "setup.link_issued",
            "person.created",
            "setup.completed",
            "organization.created",
            "member.invited",
            "person.created",
            "member.joined",
        ];
        for kind in expected {
            assert!(kinds.iter().any(|found| found == kind), "{kind} in {kinds:?}");
        }
        assert_eq!(kinds.len(), expected.len());
    }
}
