//! The one place that makes a session of a person's own.

use ::sessions::{model::Proof, operations as sessions};
use ::single_sign_on::operations::{self as single_sign_on, Proved};
use kernel::{Actor, ErrandId, Error, Factor, FlowId, OrganizationId, Person, SessionId, Timestamp};
use operation::{Call, Work, audit};
use people::{
    User,
    throttle::{self, Subject},
};

use super::{SignedIn, open_flow};
use crate::{
    model::{self, Flow},
    rows,
};

/// How far back the half sign-ins of one browser are followed.
const LONGEST_CHAIN: usize = 20;

/// A session that is being made: what it rests on is used up in the same commit.
pub(super) struct Opening {
    pub work: Work,
    pub entries: Vec<audit::Entry>,
    /// The cookie's new value if this browser is, or was just, remembered.
    pub device: Option<String>,
    before: Actor,
    user: User,
    id: SessionId,
    factor: Factor,
    proved_at: Option<Timestamp>,
    /// What a provider said, where nothing was shown here.
    provider: Option<Box<Proved>>,
    /// What connects the account to one at a provider in this commit.
    pub connects: Option<ErrandId>,
}

impl Opening {
    /// `password` is the fingerprint of what the password was checked against. Where nothing else was shown, there is nothing
    /// else to show: a second factor that was set up meanwhile is seen here.
    pub async fn begin(
        call: &Call,
        user: &User,
        factor: Factor,
        proved_at: Option<Timestamp>,
        password: &str,
    ) -> Result<Self, Error> {
        let mut opening = Self::start(call, user, factor, proved_at, None).await?;
        let stored = people::operations::password_hash(&mut opening.work, user.id).await?;
        if stored.as_deref().map(model::fingerprint).as_deref() != Some(password) {
            return Err(Error::Unauthenticated);
        }
        if factor == Factor::None {
            opening.require_no_factor().await?;
        }
        Ok(opening)
    }

    /// What is only for whoever has no second factor: with one, it would be a way round it (E14, C7).
    pub async fn require_no_factor(&mut self) -> Result<(), Error> {
        let standing = second_factor::operations::standing(&mut self.work, self.user.id).await?;
        if standing.is_on() { Err(super::over()) } else { Ok(()) }
    }

    /// The person came in by another way than the half sign-in that this browser has from before: it ends, and nobody is
    /// warned of it.
    pub async fn overtake(&mut self, earlier: &str) -> Result<(), Error> {
        let call = self.work.call().clone();
        let earlier = open_flow(&call, &mut self.work, earlier).await?;
        let Some(flow) = earlier.filter(|flow| flow.user == self.user.id) else { return Ok(()) };
        rows::end(&mut self.work, flow.id, call.now, "replaced").await?;
        need_not_tell(&mut self.work, flow.id).await
    }

    /// On the word of an organization's provider: for that organization alone, and with nothing shown that could be called
    /// recent.
    pub async fn by_provider(call: &Call, proved: Proved) -> Result<Self, Error> {
        let user = proved.user.clone();
        let organization = Some(proved.organization);
        let mut opening = Self::start(call, &user, Factor::SingleSignOn, None, organization).await?;
        if !single_sign_on::still_holds(&mut opening.work, &proved).await? {
            return Err(Error::Unauthenticated);
        }
        opening.provider = Some(Box::new(proved));
        Ok(opening)
    }

    async fn start(
        call: &Call,
        user: &User,
        factor: Factor,
        proved_at: Option<Timestamp>,
        single_sign_on_of: Option<OrganizationId>,
    ) -> Result<Self, Error> {
        let id = call.new_id();
        let staff = people::operations::staff(&mut *call.read().await?, user.id).await?;
        let person = Person {
            user: user.id,
            name: user.name.clone(),
            session: id,
            factor,
            proved_at,
            single_sign_on_of,
            staff,
            language: user.language.clone(),
            time_zone: user.time_zone.clone(),
        };
        let mut work = call.with_actor(Actor::Person(person)).begin().await?;
        // A change of the password waits for this session and ends it, or is seen below: none slips through in between.
        people::operations::lock(&mut work, user.id).await?;
        if !people::operations::get(&mut work, user.id).await?.may_sign_in() {
            return Err(Error::Unauthenticated);
        }
        Ok(Self {
            work,
            entries: Vec::new(),
            device: None,
            before: call.actor.clone(),
            user: user.clone(),
            id,
            factor,
            proved_at,
            provider: None,
            connects: None,
        })
    }

    /// Makes the session. It is new; one that the browser had before ends (S28, case 19). A half sign-in ends with it, and
    /// nobody is warned of those that the same browser began before it.
    pub async fn finish(mut self, flow: Option<&Flow>) -> Result<SignedIn, Error> {
        let work = &mut self.work;
        let now = work.call().now;
        if let Some(flow) = flow {
            if !rows::end(work, flow.id, now, "passed").await? {
                return Err(super::over());
            }
            need_not_tell(work, flow.id).await?;
            // The password was right, and so was what came after it.
            throttle::begin_anew(work, Subject::Password(self.user.email.as_str())).await?;
        }
        if let Actor::Person(before) = &self.before {
            let ended = sessions::end(work, before.session, "replaced").await?;
            self.entries.extend(sessions::endings(&ended));
        }
        let connects = flow.and_then(|flow| flow.connects).or(self.connects);
        if let Some(errand) = connects {
            let (proved, entry) = single_sign_on::connect(work, errand, &self.user).await?;
            if !single_sign_on::still_holds(work, &proved).await? {
                return Err(super::over());
            }
            self.entries.push(entry);
            self.provider = Some(Box::new(proved));
        }
        let proof = match &self.provider {
            Some(proved) => {
                let single_sign_on_of = Some(proved.organization);
                Proof { factor: Factor::SingleSignOn, at: None, single_sign_on_of }
            }
            // Whatever was shown here: where people sign in at their provider, it opens nothing (E13).
            None if organizations::operations::manager_of(work, self.user.id, now).await?.is_some() => {
                return Err(super::at_provider::managed());
            }
            None => Proof { factor: self.factor, at: self.proved_at, ..Proof::default() },
        };
        let secret = sessions::begin_own(work, self.id, self.user.id, proof).await?;
        self.entries.extend(sessions::endings(&sessions::end_surplus(work, self.user.id).await?));
        if let Some(proved) = &self.provider {
            single_sign_on::has_opened(work, self.id, proved).await?;
        }
        let how = match (proof.factor, flow) {
            (Factor::SingleSignOn, _) => "single_sign_on",
            (Factor::Demo, _) => "demo",
            (Factor::Passkey, None) => "passkey",
            _ => "password",
        };
        let entry = audit::Entry::new("session.signed_in").session(self.id).subject(self.user.id);
        self.entries.push(entry.detail("how", how).detail("factor", proof.factor.as_str()));
        self.work.commit_all(self.entries).await?;
        Ok(SignedIn {
            user: self.user,
            session: self.id,
            secret,
            factor: proof.factor,
            single_sign_on_of: proof.single_sign_on_of,
            device: self.device,
        })
    }
}

/// Nobody is warned of a half sign-in, nor of those that the same browser began before it.
async fn need_not_tell(work: &mut Work, last: FlowId) -> Result<(), Error> {
    let now = work.call().now;
    let mut link = Some(last);
    for _ in 0..LONGEST_CHAIN {
        let Some(id) = link else { break };
        rows::need_not_tell(work, id, now).await?;
        link = rows::find(work, id).await?.and_then(|flow| flow.replaces);
    }
    Ok(())
}
