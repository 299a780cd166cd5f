//! The tables of partners: tokens, what was given, who may enter, what products ask for.

mod list;
mod permissions;
mod tokens;
mod users;

use kernel::GrantId;
use store::Value;

pub use list::*;
pub use permissions::*;
pub use tokens::*;
pub use users::*;

/// How many grants one statement looks at where there are many. Places that are left are filled with the last.
pub const AT_ONCE: usize = 50;

/// The places of [`AT_ONCE`] grants.
#[macro_export]
#[doc(hidden)]
macro_rules! fifty {
    () => {
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, \
         $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, \
         $49, $50)"
    };
}

/// Fills the places. Not for none.
fn places(grants: &[GrantId]) -> Vec<Value> {
    let last = grants.last();
    grants
        .iter()
        .chain(std::iter::repeat_with(|| last).flatten())
        .take(AT_ONCE)
        .flat_map(|id| store::args![id])
        .collect()
}
