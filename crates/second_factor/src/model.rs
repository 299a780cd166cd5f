//! What somebody has set up, and the rules that need no database.

use kernel::{DeviceId, Duration, Entropy, Secret, Timestamp, TotpKeyId, UserId};

/// A key that waits for its first code is forgotten after this (case 6).
pub const PENDING_LASTS: Duration = Duration::minutes(10);
/// A browser is remembered for so long, counted from the code, however often it is used (C5).
pub const REMEMBERED_FOR: Duration = Duration::days(30);
/// So many wrong codes in a row, ever, and the key takes no more (S14).
pub const MOST_FAILURES: i64 = 100;
pub const RECOVERY_CODES: usize = 10;

/// Letters that are not taken for one another when read aloud or from paper: no I, L, O, U.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LETTERS: usize = 24;

/// What somebody has set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    pub app: Option<AppKey>,
    pub passkeys: i64,
    pub recovery_codes: i64,
}

/// The key of an authenticator app that is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppKey {
    pub id: TotpKeyId,
    pub confirmed_at: Timestamp,
    /// After too many wrong codes: it takes none until its owner sets up a new one.
    pub disabled_at: Option<Timestamp>,
}

impl Standing {
    /// Whether a sign-in asks for more than the password. A disabled key counts: who guessed at it has won nothing.
    pub const fn is_on(&self) -> bool {
        self.app.is_some() || self.passkeys > 0
    }

    pub fn takes_codes(&self) -> bool {
        self.app.is_some_and(|key| key.disabled_at.is_none())
    }
}

/// A browser that is not asked for a code. Its secret is not in here: only a hash of it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub id: DeviceId,
    pub user: UserId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub last_used_at: Timestamp,
    pub address: String,
    pub user_agent: String,
    pub forgotten_at: Option<Timestamp>,
}

impl Device {
    pub fn is_remembered(&self, now: Timestamp) -> bool {
        self.forgotten_at.is_none() && now < self.expires_at
    }
}

/// A recovery code as it is shown: six groups of four, 120 bits. That much chance needs no slow hash.
pub fn new_recovery_code(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; CODE_LETTERS];
    entropy.fill(&mut bytes);
    let mut code = String::with_capacity(CODE_LETTERS + CODE_LETTERS / 4);
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    code
}

/// A recovery code as somebody typed it: in any case, with or without hyphens, with the letters that are easily mistaken.
pub fn read_recovery_code(typed: &str) -> Option<Secret> {
    if typed.len() > 100 {
        return None;
    }
    let mut code = String::with_capacity(CODE_LETTERS);
    for letter in typed.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '_')) {
        code.push(match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other if other.is_ascii() && LETTERS.contains(&(other as u8)) => other,
            _ => return None,
        });
    }
    (code.len() == CODE_LETTERS).then(|| Secret::from_text(code))
}

#[cfg(test)]
mod tests {
    use kernel::entropy::Counting;

    use super::*;

    /// C13, S22: at least 64 bits, and readable however it is typed.
    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        let code = new_recovery_code(&Counting::new(1));
        assert_eq!(code.len(), 29);
        let read = |typed: &str| read_recovery_code(typed).map(|secret| secret.hash().to_string());
        let right = read(&code).expect("a code");
        assert_eq!(read(&code.to_lowercase().replace('-', " ")), Some(right.clone()));
        assert_eq!(read(&format!("  {}\n", code.replace('0', "o").replace('1', "l"))), Some(right));
        for bad in ["", "ABCD", &format!("{code}A"), &code.replace('-', "/"), &"A".repeat(5000)] {
            assert!(read_recovery_code(bad).is_none(), "{bad}");
        }
        assert_ne!(new_recovery_code(&Counting::new(2)), code);
    }
}
