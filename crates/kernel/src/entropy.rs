//! Chance. Given from outside, so that a test can repeat it.

use std::sync::atomic::{AtomicU64, Ordering};

/// A source of bytes that nobody can guess.
pub trait Entropy: Send + Sync + 'static {
    fn fill(&self, bytes: &mut [u8]);
}

/// So many digits, each as likely as the others: a code that somebody reads and types.
pub fn digits(entropy: &dyn Entropy, count: usize) -> String {
    let mut code = String::with_capacity(count);
    let mut byte = [0];
    while code.len() < count {
        entropy.fill(&mut byte);
        // 250 is the largest multiple of 10 in a byte: what lies above would make some digits likelier.
        if byte[0] < 250 {
            code.push(char::from(b'0' + byte[0] % 10));
        }
    }
    code
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// If the system gives no random bytes: going on without them would make guessable secrets.
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the one place that asks the system for chance"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

/// The same bytes in each run: for tests only, so that ids and secrets in them repeat.
#[derive(Debug)]
pub struct Counting(AtomicU64);

impl Counting {
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64: spreads a counter over all bits.
            let mut z = self
                .0
                .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
                .wrapping_add(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let value = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&value[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives every byte in turn.
    struct Turning(AtomicU64);

    impl Entropy for Turning {
        fn fill(&self, bytes: &mut [u8]) {
            for byte in bytes {
                *byte = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0];
            }
        }
    }

    /// S63: no digit is likelier than another.
    #[test]
    fn each_digit_is_as_likely_as_the_others() {
        let code = digits(&Turning(AtomicU64::new(0)), 2500);
        for digit in '0'..='9' {
            assert_eq!(code.matches(digit).count(), 250, "{digit}");
        }
    }
}
