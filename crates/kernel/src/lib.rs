//! The words that every crate speaks: ids, time, chance, secrets, who acts, and what can go wrong.
//!
//! Nothing in here waits, reads or writes.

pub mod actor;
pub mod email;
pub mod entropy;
pub mod error;
pub mod id;
pub mod seal;
pub mod secret;
pub mod time;

pub use actor::{Actor, Factor, Machine, Person, Scope, Staff};
pub use email::EmailAddress;
pub use entropy::Entropy;
pub use error::{Code, Error, FieldError};
pub use id::{
    ApiKeyId, ApplicationId, CeremonyId, ConnectionId, ConnectionSettingsId, DeviceId, DomainId, ErrandId,
    EventId, FlowId, GrantId, IdentityId, IntegrationLoginId, InvitationId, LinkId, LostDeviceId, MailId,
    MembershipId, OrganizationId, PasskeyId, RecoveryCodeId, RequestId, SessionId, SetUpCodeId, SigningKeyId,
    TotpKeyId, UserId,
};
pub use seal::Sealing;
pub use secret::{Secret, SecretHash};
pub use time::{Clock, Duration, Timestamp};
