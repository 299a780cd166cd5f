//! The rules of roles at the vendor; they need no database.

use kernel::{Code, FieldError, Staff};
use people::StaffMember;

/// The levels of support agents.
pub const LEVELS: [u8; 3] = [1, 2, 3];

/// What is wrong with a role that somebody shall have. Having none is wrong for a new one only.
pub fn wrong_role(agent_level: Option<u8>, is_administrator: bool, is_new: bool) -> Option<FieldError> {
    let wrong = |code, sentence: &str| {
        Some(FieldError { field: "agent_level", code: Code(code), sentence: sentence.to_owned() })
    };
    match agent_level {
        Some(level) if !LEVELS.contains(&level) => {
            wrong("not_a_level", "Choose level 1, 2 or 3, or no agent.")
        }
        None if is_new && !is_administrator => {
            wrong("required", "Choose a level, or make the person an administrator.")
        }
        _ => None,
    }
}

/// What a change of role takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// Entries and tokens end with it (A37).
    pub of_agency: bool,
    /// Somebody else has to be left.
    pub of_administration: bool,
}

impl Loss {
    /// From what a person may do now to what they may do then.
    pub const fn between(before: Staff, after: Staff) -> Self {
        Self {
            of_agency: before.agent_level.is_some() && after.agent_level.is_none(),
            of_administration: before.is_administrator && !after.is_administrator,
        }
    }

    pub fn by_suspension(member: &StaffMember) -> Self {
        Self::between(member.staff(), Staff::default())
    }
}
