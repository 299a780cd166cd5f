//! The reference code: what a customer tells an agent on the phone. It is not a secret; by itself it opens nothing.

use std::{fmt, str::FromStr};

use kernel::Entropy;

/// Crockford's base 32: no `I`, `L`, `O`, `U`.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Seven characters of chance and one that checks them, kept without the dash and shown as `7QM4-K2XV`.
///
/// The eighth character is a check over GF(32), built by x⁵ + x² + 1: each of the seven is added to what there is, and
/// the sum multiplied by x. So the places have the factors x⁷ … x¹ and the check itself 1. They all differ, so every
/// single wrong character and every exchange of two different characters is found, wherever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReferenceCode([u8; 8]);

impl ReferenceCode {
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut digits = [0; 8];
        entropy.fill(&mut digits[..7]);
        for digit in &mut digits {
            *digit &= 31;
        }
        digits[7] = check(digits);
        Self(digits)
    }

    /// As the database keeps it.
    pub fn compact(self) -> String {
        self.0.iter().map(|digit| char::from(ALPHABET[usize::from(*digit)])).collect()
    }
}

impl fmt::Display for ReferenceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.compact();
        write!(f, "{}-{}", &text[..4], &text[4..])
    }
}

/// The text cannot be a code, or was mistyped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotACode;

impl fmt::Display for NotACode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a reference code")
    }
}

impl std::error::Error for NotACode {}

impl FromStr for ReferenceCode {
    type Err = NotACode;

    /// Takes what people type: any case, spaces and dashes anywhere, `O` for 0, `I` and `L` for 1.
    fn from_str(text: &str) -> Result<Self, NotACode> {
        let mut digits = [0; 8];
        let mut count = 0;
        for character in
            text.chars().filter(|c| !c.is_whitespace() && !"-\u{2010}\u{2011}\u{2013}".contains(*c))
        {
            let character = match character.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let digit = ALPHABET.iter().position(|known| char::from(*known) == character).ok_or(NotACode)?;
            *digits.get_mut(count).ok_or(NotACode)? = u8::try_from(digit).map_err(|_| NotACode)?;
            count += 1;
        }
        if count == digits.len() && check(digits) == digits[7] { Ok(Self(digits)) } else { Err(NotACode) }
    }
}

fn check(digits: [u8; 8]) -> u8 {
    digits[..7].iter().fold(0, |sum, digit| {
        let shifted = (sum ^ digit) << 1;
        if shifted & 0b10_0000 == 0 { shifted } else { shifted ^ 0b10_0101 }
    })
}
