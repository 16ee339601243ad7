use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Random bytes of a token: nobody guesses 256 bits.
const BYTES: usize = 32;

/// A secret that proves who one is: of a session, of a personal link, of the researcher. 43 characters of base64 that need no escape in an address or a
/// cookie. The store has only its [`TokenHash`]. It has no `Debug` and no `Display`: what writes it says so by [`text`](Self::text).
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A new one, from the operating system's source of randomness.
    ///
    /// # Panics
    /// If the operating system has no randomness to give: nothing can be kept safe then.
    pub fn random() -> Self {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).expect("the operating system's source of randomness");
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// As it is shown, once.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

/// SHA-256 of a token. Tokens have 256 random bits, so that a fast hash does: there is nothing to guess.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// Of whatever text is said to be a token.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(…)")
    }
}

/// What tells one sent form from another: a form that is sent twice is written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nonce(pub [u8; 16]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_differ_and_hide() {
        let (one, other) = (Token::random(), Token::random());
        assert_ne!(one.text(), other.text());
        assert_eq!(one.text().len(), 43);
        assert!(
            one.text()
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        assert_eq!(one.hash(), TokenHash::of(one.text()));
        assert_ne!(one.hash(), other.hash());
        assert_eq!(format!("{:?}", one.hash()), "TokenHash(…)");
    }
}
