//! What temporary credentials are, and how they look.

use grants::{Grant, Mode, State};
use kernel::{Duration, EmailAddress, Entropy, Error, GrantId, OrganizationId, Secret, Timestamp, UserId};
use zeroize::Zeroizing;

/// How the stand-in is called, in the log and by the product. It is a name like any other and so is not translated.
pub const NAME: &str = "Support (temporary)";

/// Shorter than this, nobody could do anything.
pub const SHORTEST: Duration = Duration::minutes(1);

/// Crockford's base 32, small: no `i`, `l`, `o`, `u`. What is read out wrongly is typed wrongly to the same end.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 28 characters of five bits each: 140 bits of chance.
const GROUPS: usize = 7;
const GROUP: usize = 4;
/// Of the address: 60 bits, enough to never meet one that there was. It is no secret.
const NAME_LENGTH: usize = 12;

/// Whom an organization lets in without knowing who it is, how far, and until when.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub grant: Grant,
    pub organization: OrganizationId,
    pub organization_name: String,
    pub made_by: String,
    /// Who is in, as far as the database is concerned: no person.
    pub stand_in: UserId,
    pub address: EmailAddress,
    /// They work only in a browser in which a support agent is signed in (D6).
    pub requires_agent: bool,
    pub first_used_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

impl Credentials {
    pub fn id(&self) -> GrantId {
        self.grant.id
    }

    pub fn state(&self, now: Timestamp) -> State {
        self.grant.state(now)
    }

    /// Until when they work, or worked.
    pub fn ends_at(&self) -> Timestamp {
        let deadline = self.grant.deadline().unwrap_or(self.grant.answer_by);
        self.grant.ended.as_ref().map_or(deadline, |ended| ended.at)
    }
}

/// What an administrator asks for.
#[derive(Debug, Clone)]
pub struct NewCredentials {
    pub validity: Duration,
    pub mode: Mode,
    pub requires_agent: bool,
    /// The pair that is to end in the same act, if there is one.
    pub replaces: Option<GrantId>,
}

impl NewCredentials {
    /// A3, D2: they have an end, and neither the vendor nor the organization lets it be later than they said.
    pub fn checked(&self, organization: &str, longest: Duration) -> Result<(), Error> {
        let refuse = |code, sentence: String| Err(Error::invalid("validity_seconds", code, sentence));
        if self.validity > longest {
            return refuse(
                "too_long",
                format!("The longest validity for {organization} is {}.", in_words(longest)),
            );
        }
        if self.validity < SHORTEST {
            return refuse(
                "too_short",
                format!("Choose an end that is at least {} away.", in_words(SHORTEST)),
            );
        }
        Ok(())
    }
}

pub fn in_words(length: Duration) -> String {
    let minutes = length.as_seconds() / 60;
    let (n, unit) = match minutes {
        m if m % 1440 == 0 => (m / 1440, "day"),
        m if m % 60 == 0 => (m / 60, "hour"),
        m => (m, "minute"),
    };
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}

fn characters(count: usize, entropy: &dyn Entropy) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(vec![0; count]);
    entropy.fill(&mut bytes);
    Zeroizing::new(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

/// An address that nobody has, and that none had before.
pub fn new_address(domain: &str, entropy: &dyn Entropy) -> Result<EmailAddress, Error> {
    let name = characters(NAME_LENGTH, entropy);
    format!("support-{}@{domain}", *name).parse().map_err(Error::internal)
}

/// A password that is easy to read out and to type: `k7qm-4xv2-…`.
pub fn new_password(entropy: &dyn Entropy) -> Secret {
    let body = characters(GROUPS * GROUP, entropy);
    let mut text = Zeroizing::new(String::with_capacity(GROUPS * (GROUP + 1)));
    for (place, character) in body.chars().enumerate() {
        if place > 0 && place % GROUP == 0 {
            text.push('-');
        }
        text.push(character);
    }
    Secret::from_text((*text).clone())
}

/// What was typed, in the one spelling that is hashed: without what only separates, small, and with the digit where somebody
/// heard the letter that looks like it.
pub fn normalized(typed: &str) -> Zeroizing<String> {
    let plain = typed.chars().filter(|character| !character.is_whitespace() && !is_dash(*character));
    let folded = plain.map(|character| match character.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    });
    Zeroizing::new(folded.collect())
}

/// The hyphen, and what programs that write letters make of it.
const fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kernel::entropy::SystemEntropy;

    use super::*;

    /// D3, S8: 140 bits, each unlike any before, and every character of them as likely as the others.
    #[test]
    fn passwords_are_long_and_differ() {
        let made: BTreeSet<String> =
            (0..2000).map(|_| new_password(&SystemEntropy).expose().to_owned()).collect();
        assert_eq!(made.len(), 2000);
        let mut counts = [0_usize; 128];
        for password in &made {
            assert_eq!(password.len(), 34);
            assert!(password.split('-').all(|group| group.len() == 4), "{password}");
            for byte in password.bytes().filter(|byte| *byte != b'-') {
                counts[usize::from(byte)] += 1;
            }
        }
        let used: Vec<usize> = counts.into_iter().filter(|count| *count > 0).collect();
        assert_eq!(used.len(), 32);
        // 1750 of each are to be expected; six standard deviations are 250.
        assert!(used.iter().all(|count| (1500..2000).contains(count)), "{used:?}");
    }

    #[test]
    fn what_is_read_out_is_typed_in_many_ways() {
        let right = normalized("k7qm-4xv2-01ab");
        for typed in
            ["K7QM-4XV2-01AB", "k7qm4xv201ab", " k7qm 4xv2 O1ab\n", "k7qm–4xv2−oIab", "K7QM 4XV2 OLab"]
        {
            assert_eq!(normalized(typed), right, "{typed}");
        }
        for other in ["k7qm-4xv2-01aa", "k7qm-4xv2-01ab0", "", "k7qm_4xv2_01ab"] {
            assert_ne!(normalized(other), right, "{other}");
        }
    }

    #[test]
    fn an_address_is_one_of_the_domain() {
        let one = new_address("temporary.access.example.com", &SystemEntropy).expect("an address");
        let two = new_address("temporary.access.example.com", &SystemEntropy).expect("an address");
        assert_ne!(one, two);
        assert_eq!(one.domain(), "temporary.access.example.com");
        assert!(one.as_str().starts_with("support-"));
    }
}
