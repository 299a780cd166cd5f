//! A provider tells that somebody signed out there (OpenID Connect Back-Channel Logout 1.0).

use kernel::{ConnectionId, Duration, Error};
use operation::{Call, Work, audit};

use super::provider::{Failed, Provider};
use crate::{
    model::KEYS_LAST,
    protocol::claims::{self, Expected},
    rows,
};

/// What a provider told is kept for so long beyond the end of its token: a sign-in that was on its way then is over too.
const KEPT: Duration = Duration::hours(1);

/// Ends the sessions that the token names, with all that hangs on them, before this returns. `Conflict` for what is not
/// believed; a token that was taken before, and one about nobody who is here, are no fault.
pub async fn log_out(call: &Call, connection: ConnectionId, token: &str) -> Result<(), Error> {
    let refuse = || Error::conflict("invalid_request", "This is no logout token for this server.");
    let bare = rows::find(&mut *call.read().await?, connection).await?.ok_or_else(refuse)?;
    let settings = bare.live.ok_or_else(refuse)?;
    let said = match believed(call, settings, token).await {
        Ok(said) => said,
        Err(Failed::Here(error)) => return Err(error),
        Err(Failed::Provider(why)) => {
            tracing::warn!(%connection, why = why.word(), "a logout token is not believed");
            return Err(refuse());
        }
    };
    let mut work = call.begin().await?;
    rows::lock(&mut work, connection).await?;
    let kept_until = said.expires_at + KEPT + KEYS_LAST;
    if !rows::insert_logout(&mut work, connection, &said, call.now, kept_until).await? {
        return Ok(());
    }
    let mut entries = Vec::new();
    let (subject, session) =
        (said.subject.as_deref().unwrap_or_default(), said.session.as_deref().unwrap_or_default());
    for id in rows::open_sessions(&mut work, connection, subject, session).await? {
        let ended = sessions::operations::end(&mut work, id, "single_logout").await?;
        entries.extend(sessions::operations::endings(&ended));
    }
    let entry = audit::Entry::new("single_sign_on.logged_out")
        .organization(bare.connection.organization)
        .subject(connection)
        .detail("name", bare.connection.name.as_str())
        .detail("sessions", entries.len());
    entries.push(entry);
    work.commit_all(entries).await
}

async fn believed(
    call: &Call,
    settings: kernel::ConnectionSettingsId,
    token: &str,
) -> Result<claims::Logout, Failed> {
    let provider = Provider::get(call, settings).await?;
    let signed = provider.verify(call, token).await?;
    let expected = Expected {
        issuer: &provider.settings.issuer,
        client_id: &provider.settings.client_id,
        now: call.now,
    };
    Ok(claims::logout_token(&signed, &expected)?)
}

/// Everybody who came by a connection is out when the work is committed.
pub async fn end_sessions(work: &mut Work, connection: ConnectionId) -> Result<Vec<audit::Entry>, Error> {
    let mut entries = Vec::new();
    for session in rows::open_sessions(work, connection, "", "").await? {
        let ended = sessions::operations::end(work, session, "single_sign_on_off").await?;
        entries.extend(sessions::operations::endings(&ended));
    }
    Ok(entries)
}
