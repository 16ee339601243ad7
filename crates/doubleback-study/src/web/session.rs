//! Secrets of a browser: the token in its cookie, and the tokens of its forms that are made from it.
//!
//! A form's token is a nonce and a MAC of the nonce and the form's page, with the session's token as the key. The server keeps the hash of a session's token
//! only, so that nobody but the browser and a server that the browser speaks to can make one, and a form stays good when the server starts again.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::store::{Nonce, Token, TokenHash};

/// Bytes of a nonce, which come first in a form's token.
const NONCE: usize = 16;
/// Bytes of a MAC.
const MAC: usize = 32;

/// A secret that a browser has in a cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    pub fn random() -> Self {
        Self(Token::random().text().to_owned())
    }

    /// What a browser sent as the cookie of this name, if that can be a secret of ours.
    pub fn of_cookie(headers: &HeaderMap, name: &str) -> Option<Self> {
        let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = all
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(found, _)| *found == name)?;
        let possible = value.len() == 43
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        possible.then(|| Self(value.to_owned()))
    }

    /// What the store knows of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }

    /// The secret that a server's own secret makes of this one and a nonce: the same for the same, and nobody else's to guess.
    pub fn derive(&self, server: &[u8; 32], nonce: Nonce) -> Self {
        let mac = mac(server, &[self.0.as_bytes(), &nonce.0]).finalize().into_bytes();
        Self(URL_SAFE_NO_PAD.encode(mac))
    }

    /// A token for a form on this page.
    pub fn form(&self, page: &str) -> String {
        // The first bytes of a random token's hash are as random as the token.
        let mut bytes = Token::random().hash().0[..NONCE].to_vec();
        let mac = mac(self.0.as_bytes(), &[&bytes, page.as_bytes()])
            .finalize()
            .into_bytes();
        bytes.extend_from_slice(&mac);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The nonce of a form's token, if it was made with this secret for this page.
    pub fn check(&self, page: &str, form: &str) -> Option<Nonce> {
        let bytes = URL_SAFE_NO_PAD
            .decode(form)
            .ok()
            .filter(|bytes| bytes.len() == NONCE + MAC)?;
        let (nonce, sent) = bytes.split_at(NONCE);
        mac(self.0.as_bytes(), &[nonce, page.as_bytes()])
            .verify_slice(sent)
            .ok()?;
        nonce.try_into().ok().map(Nonce)
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    // All parts but the last have the same length in all calls with a key.
    parts.iter().for_each(|part| mac.update(part));
    mac
}

/// A cookie of a secret.
#[derive(Clone, Copy, Debug)]
pub struct Cookie {
    /// Its name.
    pub name: &'static str,
    /// Seconds that a browser keeps it.
    pub max_age: u64,
    /// Whether other sites' links bring it along (`SameSite=Lax`), or not even they (`Strict`).
    pub lax: bool,
    /// Whether it goes by TLS only.
    pub secure: bool,
}

impl Cookie {
    /// Has the browser keep a secret.
    pub fn set(self, headers: &mut HeaderMap, secret: &Secret) {
        self.write(headers, &secret.0, self.max_age);
    }

    /// Has the browser forget it.
    pub fn clear(self, headers: &mut HeaderMap) {
        self.write(headers, "", 0);
    }

    fn write(self, headers: &mut HeaderMap, value: &str, max_age: u64) {
        let site = if self.lax { "Lax" } else { "Strict" };
        let secure = if self.secure { "; Secure" } else { "" };
        let line = format!(
            "{}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite={site}{secure}",
            self.name
        );
        if let Ok(line) = HeaderValue::from_str(&line) {
            headers.append(SET_COOKIE, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_are_good_for_their_page_and_session_only() {
        let (secret, other) = (Secret::random(), Secret::random());
        let form = secret.form("item 3");
        assert!(secret.check("item 3", &form).is_some());
        assert_eq!(secret.check("item 3", &form), secret.check("item 3", &form));
        assert!(secret.check("item 4", &form).is_none());
        assert!(other.check("item 3", &form).is_none());
        assert_ne!(
            secret.check("item 3", &form),
            secret.check("item 3", &secret.form("item 3"))
        );
    }

    proptest! {
        #[test]
        fn nothing_else_is_a_form(text in "\\PC*", at in 0..64_usize, change in "[A-Za-z0-9_-]") {
            let secret = Secret::random();
            prop_assert!(secret.check("item 1", &text).is_none());
            let form = secret.form("item 1");
            let mut changed = form.clone();
            changed.replace_range(at..=at, &change);
            prop_assert_eq!(secret.check("item 1", &changed).is_some(), changed == form);
        }

        #[test]
        fn cookies_of_all_kinds_are_read(line in "\\PC*") {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_str(&line) {
                headers.insert(COOKIE, value);
            }
            prop_assert!(Secret::of_cookie(&headers, "study_session").is_none_or(|secret| secret.0.len() == 43));
        }
    }

    #[test]
    fn a_cookie_comes_back() {
        let secret = Secret::random();
        let cookie = Cookie {
            name: "study_session",
            max_age: 60,
            lax: true,
            secure: true,
        };
        let mut headers = HeaderMap::new();
        cookie.set(&mut headers, &secret);
        let line = headers[SET_COOKIE].to_str().unwrap();
        assert!(
            line.ends_with("; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"),
            "{line}"
        );
        let sent = format!("a=b; {}", line.split(';').next().unwrap());
        headers.insert(COOKIE, HeaderValue::from_str(&sent).unwrap());
        assert!(Secret::of_cookie(&headers, "study_session") == Some(secret));
        assert!(Secret::of_cookie(&headers, "session").is_none());
    }

    #[test]
    fn derived_secrets_depend_on_all_that_they_are_made_of() {
        let (visit, server) = (Secret::random(), [7; 32]);
        let derived = visit.derive(&server, Nonce([1; 16]));
        assert!(derived == visit.derive(&server, Nonce([1; 16])));
        assert!(derived != visit.derive(&server, Nonce([2; 16])));
        assert!(derived != visit.derive(&[8; 32], Nonce([1; 16])));
        assert!(derived != Secret::random().derive(&server, Nonce([1; 16])));
        assert_eq!(derived.0.len(), 43);
    }
}
