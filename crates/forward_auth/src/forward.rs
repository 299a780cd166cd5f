//! The decision about one request: from memory if it can be, from the database if it must be.

use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use access_log::{Activity, ActivityKind, Recorder};
use applications::signing::{self, Keyring};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use gate::{Gate, Verdict, VerdictId};
use http::{HeaderMap, Response, request::Parts};
use kernel::{ApplicationId, Duration, Error, Secret, Timestamp, secret::Purpose};
use operation::World;
use ring::digest;
use sessions::model::Kind;
use store::{ErrorKind, Tenure};
use tokio::{sync::broadcast::error::RecvError, time::timeout};
use web::Proxies;

use crate::{
    accounts::Accounts,
    assertions::Assertions,
    catalogue::{Catalogue, Known},
    identity,
    model::{Grounds, Reason, Standing},
    operations::{self, Claim, Judged},
    question::{Dialect, Presented, Question, Unreadable},
    uses::Uses,
};

/// How often the gate's memory is found to be in touch with the database, and how long it is good without.
const BEAT: Duration = Duration::seconds(1);
const FRESH_FOR: Duration = Duration::seconds(3);
/// Nobody behind a proxy waits longer for an answer. One that comes later is a no.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);
const SWEEP: Duration = Duration::seconds(30);
/// A verdict that is overtaken by changes is judged anew so many times. Then the answer is no.
const TRIES: usize = 4;

/// Answers proxies. One for the server.
pub struct ForwardAuth {
    pub(crate) world: Arc<World>,
    gate: Arc<Gate<Standing>>,
    pub(crate) keyring: Arc<Keyring>,
    recorder: Arc<Recorder>,
    pub(crate) proxies: Arc<Proxies>,
    pub(crate) catalogue: Catalogue,
    accounts: Accounts,
    uses: Uses,
    assertions: Assertions,
    stamps: AtomicU32,
}

/// What a proxy is told.
#[derive(Debug)]
pub enum Decision {
    /// The headers of the yes. They are whole: identity and assertion.
    Yes(HeaderMap),
    /// Sign in first.
    Nobody(Arc<Known>),
    No(Reason, Option<Arc<Known>>),
    /// The question cannot be read.
    Unreadable(Unreadable),
    /// It cannot be known, so it is a no.
    Unknown(Error),
}

/// Who presents a cookie at an application.
#[derive(Debug)]
pub enum Found {
    Somebody(VerdictId, Arc<Verdict<Standing>>),
    No(Reason, Option<Grounds>),
    Nobody,
}

impl ForwardAuth {
    pub async fn new(
        world: Arc<World>,
        gate: Arc<Gate<Standing>>,
        keyring: Arc<Keyring>,
        recorder: Arc<Recorder>,
        proxies: Arc<Proxies>,
    ) -> Result<Arc<Self>, Error> {
        let catalogue = Catalogue::read(&world).await?;
        let now = world.clock.now();
        world.store.beat().await?;
        gate.renew(now + FRESH_FOR);
        Ok(Arc::new(Self {
            world,
            gate,
            keyring,
            recorder,
            proxies,
            catalogue,
            accounts: Accounts::default(),
            uses: Uses::default(),
            assertions: Assertions::new(),
            stamps: AtomicU32::new(1),
        }))
    }

    /// Answers without waiting, if memory suffices for a yes. Everything else is for the router: refusals, redirections,
    /// an outsider's changes, and whoever is not in memory.
    pub fn answer_from_memory(&self, request: &Parts, peer: SocketAddr) -> Option<Response<Bytes>> {
        let dialect = Dialect::of_path(request.uri.path())?;
        if !self.proxies.trusts(peer.ip()) {
            return None;
        }
        let question = Question::read(dialect, &request.headers).ok()?;
        let known = self.catalogue.find(&question.origin)?;
        let (kind, value) = match Presented::read(&request.headers, self.world.settings.secure_cookies) {
            Presented::Acting(value) => (Kind::Acting, value),
            Presented::Application(value) => (Kind::Application, value),
            Presented::Nothing => return None,
        };
        let now = self.world.clock.now();
        let id = verdict_id(value, kind, known.id);
        let verdict = self.gate.find(id, now).filter(|verdict| !verdict.value.is_idle(now))?;
        let is_acting = verdict.value.part.is_acting();
        if is_acting
            && (!question.is_read() || verdict.value.lacks_permission(question.method, question.target))
        {
            return None;
        }
        let headers = self.signed(id, &verdict, now).ok()?;
        if is_acting {
            self.recorder.read(activity(&verdict.value.grounds(), &question, ActivityKind::Read, now)?);
        }
        if question.is_activity() {
            self.uses.note(&verdict, now);
        }
        let mut answer = Response::new(Bytes::new());
        *answer.headers_mut() = headers;
        Some(answer)
    }

    /// Decides, waiting for the database where it has to.
    pub(crate) async fn decide(
        &self,
        dialect: Dialect,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Decision {
        if !peer.is_some_and(|peer| self.proxies.trusts(peer)) {
            return Decision::Unreadable(Unreadable(
                "the proxy: its address is not among server.trusted_proxies",
            ));
        }
        let question = match Question::read(dialect, headers) {
            Ok(question) => question,
            Err(unreadable) => return Decision::Unreadable(unreadable),
        };
        match timeout(PATIENCE, self.answered(&question, headers)).await {
            Ok(Ok(decision)) => decision,
            Ok(Err(error)) => Decision::Unknown(error),
            Err(_) => Decision::Unknown(Error::Unavailable("the database did not answer in time".to_owned())),
        }
    }

    async fn answered(&self, question: &Question<'_>, headers: &HeaderMap) -> Result<Decision, Error> {
        let Some(known) = self.catalogue.find_or_ask(&self.world, &question.origin).await? else {
            return Ok(Decision::No(Reason::UnknownApplication, None));
        };
        let presented = Presented::read(headers, self.world.settings.secure_cookies);
        let mut is_written = false;
        // Twice at most: while an outsider's change was being written down, the access may have ended or been narrowed.
        loop {
            let (id, verdict) = match self.find(presented, &known).await? {
                Found::Somebody(id, verdict) => (id, verdict),
                Found::Nobody => return Ok(Decision::Nobody(known)),
                Found::No(reason, grounds) => {
                    let now = self.world.clock.now();
                    let tried =
                        grounds.and_then(|grounds| activity(&grounds, question, ActivityKind::Refused, now));
                    if let Some(tried) = tried {
                        self.recorder.read(tried);
                    }
                    return Ok(Decision::No(reason, Some(known)));
                }
            };
            let now = self.world.clock.now();
            let part = verdict.value.part;
            if part.is_acting() {
                let lacks_permission = verdict.value.lacks_permission(question.method, question.target);
                let kind = match (question.is_read(), part.may_write()) {
                    _ if lacks_permission => ActivityKind::Refused,
                    (true, _) => ActivityKind::Read,
                    (false, true) => ActivityKind::Change,
                    (false, false) => ActivityKind::Refused,
                };
                let done = activity(&verdict.value.grounds(), question, kind, now)
                    .ok_or_else(|| Error::internal("a session inside an account without a grant"))?;
                match kind {
                    ActivityKind::Change if is_written => {}
                    ActivityKind::Read => self.recorder.read(done),
                    ActivityKind::Change => {
                        self.recorder.change(done).await?;
                        is_written = true;
                        continue;
                    }
                    // Narrowed perhaps while the change was being written down.
                    ActivityKind::Refused => {
                        self.recorder.read(done);
                        let reason =
                            if lacks_permission { Reason::PermissionMissing } else { Reason::ReadOnly };
                        return Ok(Decision::No(reason, Some(known)));
                    }
                }
            }
            let headers = self.signed(id, &verdict, now)?;
            if question.is_activity() {
                self.uses.note(&verdict, now);
            }
            return Ok(Decision::Yes(headers));
        }
    }

    /// Who presents the cookie, from memory or from the database.
    pub(crate) async fn find(&self, presented: Presented<'_>, known: &Known) -> Result<Found, Error> {
        let (kind, value) = match presented {
            Presented::Acting(value) => (Kind::Acting, value),
            Presented::Application(value) => (Kind::Application, value),
            Presented::Nothing => return Ok(Found::Nobody),
        };
        let Some(secret) = Secret::parse(Purpose::Session, value) else { return Ok(Found::Nobody) };
        let id = verdict_id(value, kind, known.id);
        let claim =
            Claim { secret: secret.hash(), kind, application: known.id, origin: &known.registered_origin };
        for _ in 0..TRIES {
            let now = self.world.clock.now();
            if let Some(verdict) = self.gate.find(id, now).filter(|verdict| !verdict.value.is_idle(now)) {
                return Ok(Found::Somebody(id, verdict));
            }
            let snapshot = self.gate.snapshot();
            // A verdict that fell knows of uses that no row knows yet.
            let used_at = self.gate.last(id, Standing::last_activity);
            match operations::judge(&self.world, &claim, used_at, now).await? {
                Judged::Nobody => return Ok(Found::Nobody),
                Judged::No(reason, grounds) => return Ok(Found::No(reason, grounds)),
                Judged::Yes(until, facts, account) => {
                    let account = self.accounts.shared(account);
                    let stamp = self.stamps.fetch_add(1, Ordering::Relaxed);
                    let verdict =
                        Arc::new(Verdict::new(snapshot, until, Standing::new(facts, account, stamp)));
                    if self.gate.put(id, Arc::clone(&verdict)) {
                        return Ok(Found::Somebody(id, verdict));
                    }
                }
            }
        }
        Err(Error::Unavailable("changes came faster than they could be read".to_owned()))
    }

    /// The headers of a yes, signed now or a moment ago.
    fn signed(&self, id: VerdictId, verdict: &Verdict<Standing>, now: Timestamp) -> Result<HeaderMap, Error> {
        let stamp = verdict.value.stamp;
        if let Some(headers) = self.assertions.find(id, stamp, now) {
            return Ok(headers);
        }
        let (expires, renewed_at) = identity::window(now, verdict.until);
        let mut jti = [0; 16];
        self.world.entropy.fill(&mut jti);
        let jti = URL_SAFE_NO_PAD.encode(jti);
        let claims = identity::claims(verdict, &self.world.settings.public_url, &jti, now, expires)
            .ok_or_else(|| Error::internal("claims could not be written"))?;
        let assertion = self.keyring.sign(&claims, now)?;
        let headers = identity::headers(verdict, &assertion)
            .filter(|headers| identity::is_whole(headers, verdict.value.account.header_set))
            .ok_or_else(|| Error::internal("a yes without all of its headers"))?;
        self.assertions.put(id, stamp, now, renewed_at, headers.clone());
        Ok(headers)
    }

    /// Signs what another capability says of somebody who comes by a way of its own.
    pub fn sign(&self, claims: &[u8], now: Timestamp) -> Result<String, Error> {
        self.keyring.sign(claims, now)
    }

    /// What has to run beside the requests, for as long as the server lives.
    pub async fn run(self: Arc<Self>) {
        tokio::join!(
            Arc::clone(&self.recorder).run(),
            signing::run(Arc::clone(&self.keyring), Arc::clone(&self.world)),
            self.stay_fresh(),
            self.tidy_up(),
            self.uses.run(&self.world),
            self.follow_applications(),
        );
    }

    /// While the database answers, memory is good for a moment longer. The moment is counted from before it was asked.
    async fn stay_fresh(&self) {
        let mut tenure = Tenure::default();
        loop {
            let asked_at = self.world.clock.now();
            match self.world.store.beat().await {
                Ok(now) => {
                    if now != tenure {
                        // Another server may have worked on the database meanwhile, and revoked without us.
                        self.gate.clear();
                        tenure = now;
                    }
                    self.gate.renew(asked_at + FRESH_FOR);
                }
                Err(error) => {
                    if error.kind == ErrorKind::Held {
                        // Another server answers now, and revokes without us.
                        self.gate.clear();
                    }
                    tracing::warn!(%error, "the database does not answer; memory is not renewed");
                }
            }
            self.world.clock.wait_until(asked_at + BEAT).await;
        }
    }

    async fn tidy_up(&self) {
        loop {
            let now = self.world.clock.now();
            self.gate.sweep(now);
            self.assertions.sweep(now);
            self.accounts.sweep();
            self.world.clock.wait_until(now + SWEEP).await;
        }
    }

    /// Writes the last uses that are only in memory yet, as a server that is about to stop does too.
    pub async fn flush(&self) {
        if let Err(error) = self.uses.write_all(&self.world).await {
            tracing::warn!(%error, "last uses could not be written");
        }
    }

    /// Writes down what is only in memory yet; for a server that is about to stop and takes no more requests.
    pub async fn finish(&self) {
        if let Err(error) = self.recorder.flush().await {
            tracing::error!(%error, "what outsiders did last could not be written down");
        }
        self.flush().await;
    }

    async fn follow_applications(&self) {
        let mut news = self.world.live.listen();
        loop {
            let is_about_applications = match news.recv().await {
                Ok(news) => news.kind.starts_with("application."),
                Err(RecvError::Lagged(_)) => true,
                Err(RecvError::Closed) => return,
            };
            if is_about_applications && let Err(error) = self.catalogue.refresh(&self.world).await {
                tracing::warn!(%error, "the list of applications could not be read");
            }
        }
    }
}

/// Only the bearer of the cookie and the application together lead to a verdict.
fn verdict_id(value: &str, kind: Kind, application: ApplicationId) -> VerdictId {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(value.as_bytes());
    // No cookie holds a zero byte, so what follows cannot be part of one.
    hash.update(&[0, u8::from(kind == Kind::Acting)]);
    hash.update(application.as_bytes());
    let mut id = [0; 16];
    for (slot, byte) in id.iter_mut().zip(hash.finish().as_ref()) {
        *slot = *byte;
    }
    VerdictId(id)
}

fn activity(
    grounds: &Grounds,
    question: &Question<'_>,
    kind: ActivityKind,
    at: Timestamp,
) -> Option<Activity> {
    Some(Activity {
        session: grounds.session,
        grant: grounds.grant()?,
        organization: grounds.organization,
        user: grounds.user,
        application: grounds.application,
        kind,
        path: question.path(),
        at,
    })
}
