//! Who is there in a run: organizations with their members signed in to a product, and agents inside some of them.

use std::path::Path;

use kernel::{
    ApplicationId, Clock as _, Duration, GrantId, OrganizationId, Secret, SessionId, Timestamp, UserId,
    entropy::SystemEntropy,
    id::{Id, Kind},
    secret::Purpose,
};
use latchstring::clock::SystemClock;
use store::{Connection, Store};
use support_tokens::model::ReferenceCode;

use crate::{
    Outcome,
    rows::{self, NewSession},
};

/// How many there are.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Each has a live support token, and an agent inside.
    pub organizations: usize,
    pub members_of_each: usize,
    /// Devices on which each member is signed in to the product.
    pub devices: usize,
    /// Organizations that have no token and can make one.
    pub quiet: usize,
    /// Support tokens that ended long ago.
    pub past_grants: i64,
}

/// An agent inside an organization.
pub struct Entry {
    /// The value of the acting session's cookie.
    pub cookie: String,
    pub grant: GrantId,
    /// The own session of a member who can revoke.
    pub member: String,
}

/// Somebody who can make a support token.
pub struct Maker {
    pub organization: OrganizationId,
    pub cookie: String,
}

/// The secrets that only the browsers of the people in a database have.
pub struct Population {
    /// Host and port of the product that they use.
    pub host: String,
    pub members: Vec<String>,
    pub entries: Vec<Entry>,
    pub makers: Vec<Maker>,
    pub grants: i64,
}

const AGENTS: usize = 50;

/// Past grants that are written in one transaction at most.
const BATCH: i64 = 50_000;

impl Population {
    /// Makes the database at `database` with a product at `http://{host}`.
    pub fn create(database: &Path, host: &str, size: Size) -> Outcome<Self> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
            let store = Store::open(&format!("sqlite:{}", database.display())).await?;
            let mut settler =
                Settler { now: SystemClock.now(), application: new_id(SystemClock.now()), emails: 0 };
            let mut population = Self {
                host: host.to_owned(),
                members: Vec::new(),
                entries: Vec::new(),
                makers: Vec::new(),
                grants: 0,
            };
            let hosts = settler.people(&store, &mut population, size).await?;
            settler.past(&store, &hosts, size.past_grants).await?;
            population.grants = rows::count_grants(&mut *store.read().await?).await?;
            store.close().await;
            Ok(population)
        })
    }

    /// A proxy's question about every session: the members', then the entries of agents.
    pub fn questions(&self) -> Vec<Vec<u8>> {
        let members =
            self.members.iter().map(|cookie| forward_auth(&self.host, "__Host-latchstring_app", cookie));
        members.chain(self.entries.iter().map(|entry| self.acting_question(entry))).collect()
    }

    pub fn acting_question(&self, entry: &Entry) -> Vec<u8> {
        forward_auth(&self.host, "__Host-latchstring_acting", &entry.cookie)
    }
}

/// What a proxy asks when a browser opens a page of the product.
fn forward_auth(host: &str, cookie: &str, value: &str) -> Vec<u8> {
    format!(
        "GET /authz/forward-auth HTTP/1.1\r\nHost: access.internal\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: http\r\n\
         X-Forwarded-Host: {host}\r\nX-Forwarded-Uri: /orders/17?page=2\r\nX-Forwarded-For: 203.0.113.7\r\n{BROWSER}\
         Cookie: theme=dark; {cookie}={value}\r\n\r\n"
    )
    .into_bytes()
}

/// What a browser sends with every page that it opens.
pub const BROWSER: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en,pt;q=0.7\r\n\
    Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\n";

/// Somebody to whom past grants can belong.
struct Host {
    organization: OrganizationId,
    member: UserId,
    agent: UserId,
}

struct Settler {
    now: Timestamp,
    application: ApplicationId,
    emails: usize,
}

fn new_id<K: Kind>(now: Timestamp) -> Id<K> {
    Id::new(now, &SystemEntropy)
}

impl Settler {
    async fn people(&mut self, store: &Store, population: &mut Population, size: Size) -> Outcome<Vec<Host>> {
        let now = self.now;
        let mut tx = store.write().await?;
        rows::insert_application(&mut tx, self.application, &format!("http://{}", population.host), now)
            .await?;
        let mut agents = Vec::with_capacity(AGENTS);
        for _ in 0..AGENTS {
            let user = self.user(&mut tx, "vendor.example").await?;
            rows::insert_agent(&mut tx, user, now).await?;
            let (session, _) = session(&mut tx, &own(user), now).await?;
            agents.push((user, session));
        }
        let mut hosts = Vec::with_capacity(size.organizations);
        for number in 0..size.organizations {
            let organization = new_id(now);
            rows::insert_organization(&mut tx, organization, &format!("Organization {number}"), now).await?;
            let mut first = None;
            for _ in 0..size.members_of_each {
                let (user, own_session, cookie) = self.member(&mut tx, organization).await?;
                first.get_or_insert((user, cookie));
                for _ in 0..size.devices {
                    let new = NewSession {
                        kind: "application",
                        parent: Some(own_session),
                        application: Some(self.application),
                        organization: Some(organization),
                        ..own(user)
                    };
                    population.members.push(session(&mut tx, &new, now).await?.1);
                }
            }
            let (member, member_cookie) = first.ok_or("an organization without members")?;
            let (agent, agent_session) = agents[number % agents.len()];
            let grant = new_id(now);
            let code = ReferenceCode::new(&SystemEntropy).compact();
            rows::insert_live_grant(&mut tx, grant, organization, member, agent, &code, now).await?;
            let acting = NewSession {
                kind: "acting",
                parent: Some(agent_session),
                application: Some(self.application),
                organization: Some(organization),
                grant: Some(grant),
                idle_limit: Duration::minutes(15),
                ..own(agent)
            };
            let (_, cookie) = session(&mut tx, &acting, now).await?;
            population.entries.push(Entry { cookie, grant, member: member_cookie });
            hosts.push(Host { organization, member, agent });
        }
        for number in 0..size.quiet {
            let organization = new_id(now);
            rows::insert_organization(&mut tx, organization, &format!("Quiet organization {number}"), now)
                .await?;
            let (_, _, cookie) = self.member(&mut tx, organization).await?;
            population.makers.push(Maker { organization, cookie });
        }
        tx.commit().await?;
        Ok(hosts)
    }

    async fn user(&mut self, tx: &mut Connection, domain: &str) -> Outcome<UserId> {
        self.emails += 1;
        let (id, number) = (new_id(self.now), self.emails);
        rows::insert_user(
            tx,
            id,
            &format!("Person {number}"),
            &format!("person.{number}@{domain}"),
            self.now,
        )
        .await?;
        Ok(id)
    }

    /// A member with their own session and its cookie's value.
    async fn member(
        &mut self,
        tx: &mut Connection,
        organization: OrganizationId,
    ) -> Outcome<(UserId, SessionId, String)> {
        let user = self.user(tx, "customer.example").await?;
        rows::insert_membership(tx, new_id(self.now), organization, user, "administrator", self.now).await?;
        let (session, cookie) = session(tx, &own(user), self.now).await?;
        Ok((user, session, cookie))
    }

    /// Spreads the past over the organizations.
    async fn past(&self, store: &Store, hosts: &[Host], count: i64) -> Outcome {
        let each = count / i64::try_from(hosts.len())?.max(1);
        if each == 0 {
            return Ok(());
        }
        let mut next = 1;
        for hosts in hosts.chunks(usize::try_from(BATCH / each)?.max(1)) {
            let mut tx = store.write().await?;
            for host in hosts {
                let numbers = (next, next + each - 1);
                rows::insert_past_grants(
                    &mut tx,
                    host.organization,
                    host.member,
                    host.agent,
                    numbers,
                    self.now,
                )
                .await?;
                next += each;
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

/// What a person's own session has; the others say where they differ.
fn own(user: UserId) -> NewSession {
    NewSession {
        kind: "own",
        user,
        parent: None,
        application: None,
        organization: None,
        grant: None,
        idle_limit: Duration::hours(1),
    }
}

async fn session(tx: &mut Connection, new: &NewSession, now: Timestamp) -> Outcome<(SessionId, String)> {
    let secret = Secret::new(Purpose::Session, &SystemEntropy);
    let id = new_id(now);
    rows::insert_session(tx, id, &secret.hash(), new, now).await?;
    Ok((id, secret.expose().to_owned()))
}
