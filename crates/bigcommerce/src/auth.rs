//! Who asks, and which store: the store hash and the access token.
//!
//! The token is held so that it cannot be printed and is wiped from memory when dropped.

use std::fmt;
use std::str::FromStr;

use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::Error;

/// The API's name of a store: `abc123` in `https://api.bigcommerce.com/stores/abc123/v3/`.
///
/// Made by parsing; 1 to 32 lower-case letters and digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreHash(Box<str>);

impl StoreHash {
    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StoreHash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if (1..=32).contains(&text.len()) && text.bytes().all(known) {
            return Ok(Self(text.into()));
        }
        Err(Error::Configuration(
            "a store hash is 1 to 32 lower-case letters and digits, such as `abc123` in \
             https://api.bigcommerce.com/stores/abc123/v3/"
                .to_owned(),
        ))
    }
}

impl fmt::Display for StoreHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StoreHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreHash({})", self.0)
    }
}

/// An API account's access token. It has no `Display`, and its `Debug` is `Token(…)`.
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// The text, to keep it somewhere safe. Nothing else gives it out.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Takes the token out of a text: a gateway's error page may show what it was sent.
    pub(crate) fn scrub(&self, text: &mut String) {
        let token = self.0.expose_secret();
        // So short a text is no secret, and stands in other words.
        if token.len() > 3 && text.contains(token) {
            *text = text.replace(token, "(token)");
        }
    }

    /// The header value, marked as sensitive. Fails for a token that no header can carry, without
    /// telling what stands in it.
    pub(crate) fn header(&self) -> Result<HeaderValue, Error> {
        let text = self.0.expose_secret();
        if text.is_empty() {
            return Err(Error::Configuration("the access token is empty".to_owned()));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Configuration(
                "the access token holds white space or characters that are never part of one; was more \
                 than the token copied?"
                    .to_owned(),
            ));
        }
        let mut value = HeaderValue::from_str(text)
            .map_err(|_| Error::Configuration("the access token does not fit a header".to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl From<String> for Token {
    /// Takes the token; white space around it (a line feed from a file) is dropped.
    fn from(text: String) -> Self {
        let secret = SecretString::from(text);
        Self(SecretString::from(secret.expose_secret().trim()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_hash_is_checked() {
        for good in ["a", "abc123", "0", "abcdefghijklmnopqrstuvwxyz012345"] {
            assert_eq!(good.parse::<StoreHash>().unwrap().to_string(), good);
        }
        for bad in ["", "ABC", "a/b", "../x", "a b", "stores/abc", "é", "abcdefghijklmnopqrstuvwxyz0123456"]
        {
            assert!(bad.parse::<StoreHash>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_is_trimmed_checked_and_never_printed() {
        let token = Token::from("canary42\n".to_owned());
        assert_eq!(token.header().unwrap().as_bytes(), b"canary42");
        assert_eq!(format!("{token:?} {:?}", token.header().unwrap()), "Token(…) Sensitive");
        for bad in ["", " ", "canary 42", "canary\u{7f}42", "canäry"] {
            let error = Token::from(bad.to_owned()).header().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("can"), "{error}");
        }
    }
}
