//! The table of all transitions: what is not in it does not happen. `docs/grants.md` is its picture.

use super::{Kind, State};

/// What somebody does to a grant. What the clock does is in [`super::Grant::state`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// Whom it is for takes it.
    Activate,
    /// It is shut for now.
    Disable,
    /// It is opened again.
    Enable,
    /// It is to reach otherwise far, or to end at another time.
    Change,
    /// Somebody ends it.
    Revoke,
}

impl Act {
    pub const ALL: [Self; 5] = [Self::Activate, Self::Disable, Self::Enable, Self::Change, Self::Revoke];
}

/// The state that an act leads to; nothing if it is not possible. No row begins with expired or revoked: nothing returns
/// from there.
#[expect(clippy::match_same_arms, reason = "each line is one arrow of the picture")]
pub const fn next(kind: Kind, state: State, act: Act) -> Option<State> {
    use Kind::Partner;
    use State::{Active, Disabled, Pending, Revoked};
    match (kind, state, act) {
        (_, Pending, Act::Activate) => Some(Active),
        (_, Pending | Active | Disabled, Act::Revoke) => Some(Revoked),
        // What a person holds for hours is ended, not paused: a pause that nobody remembers would open again.
        (Partner, Active, Act::Disable) => Some(Disabled),
        (Partner, Disabled, Act::Enable) => Some(Active),
        // Only what may last for years has an end that moves.
        (Partner, Active | Disabled, Act::Change) => Some(state),
        _ => None,
    }
}
