//! A code against a token (docs/integrations/apps/guide/auth.mdx).

use std::sync::Arc;

use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{ALL_SCOPES, Accounts, MOST, is_scope, scopes};

/// What an app sends to exchange a code.
#[derive(Default)]
pub(crate) struct Exchange {
    pub client_id: String,
    pub client_secret: String,
    pub code: String,
    pub context: String,
    pub scope: String,
    pub grant_type: String,
    pub redirect_uri: String,
}

/// What it gets.
pub(crate) struct Granted {
    pub access_token: String,
    /// Separated by spaces.
    pub scope: String,
}

/// Why it gets nothing, in the words of RFC 6749.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub error: &'static str,
    pub description: String,
}

fn refuse<T>(error: &'static str, description: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { error, description: description.into() })
}

impl Accounts {
    /// A code for a client that may be exchanged once, with the scopes it is for, separated by spaces.
    pub fn issue(&self, client: &str) -> Option<(String, String)> {
        let mut state = self.lock();
        let account = state.list.iter().find(|account| *account.id == *client)?;
        let (id, scope) = (account.id.clone(), spaced(&account.profile));
        if state.codes.len() >= MOST {
            state.codes.clear();
        }
        let code = Uuid::new_v4().simple().to_string();
        state.codes.insert(code.clone(), id);
        Some((code, scope))
    }

    /// Exchanges a code. The token is the client's if it has one with these scopes, or a new one that
    /// ends the old.
    pub fn exchange(&self, asked: &Exchange) -> Result<Granted, Refusal> {
        if asked.grant_type != "authorization_code" {
            return refuse("unsupported_grant_type", "grant_type must be authorization_code");
        }
        let mut state = self.lock();
        let state = &mut *state;
        let found = state.list.iter_mut().enumerate().find(|(_, account)| *account.id == *asked.client_id);
        let Some((at, account)) = found else {
            return refuse("invalid_client", "there is no client with this client_id");
        };
        if !bool::from(account.secret.as_bytes().ct_eq(asked.client_secret.as_bytes())) {
            return refuse("invalid_client", "client_secret is not this client's");
        }
        let standing = at == 0 && self.standing.contains(&asked.code);
        let own = |owner: &Arc<str>| **owner == *asked.client_id;
        if !standing && !state.codes.get(&asked.code).is_some_and(own) {
            return refuse("invalid_grant", "code is unknown, used already, or another client's");
        }
        match &account.callbacks.auth {
            Some(auth) if *auth != asked.redirect_uri => {
                return refuse("invalid_grant", "redirect_uri must be the auth callback of the app");
            }
            None if asked.redirect_uri.is_empty() => {
                return refuse("invalid_request", "redirect_uri is missing");
            }
            _ => {}
        }
        if asked.context != format!("stores/{}", self.store_hash) {
            return refuse("invalid_request", "context must be the one of the auth callback");
        }
        let names: Vec<String> = asked.scope.split_whitespace().map(str::to_owned).collect();
        if let Some(name) = names.iter().find(|name| !is_scope(name)) {
            return refuse("invalid_scope", format!("{name} is no scope"));
        }
        let fits = if account.profile.is_empty() {
            !names.is_empty()
        } else {
            scopes::same(&names, &account.profile)
        };
        if !fits {
            return refuse("invalid_scope", "scope must be the one of the auth callback");
        }
        if !standing {
            state.codes.remove(&asked.code);
        }
        if account.needs_consent() {
            account.token = None;
            account.granted = account.profile.clone();
        }
        let token = account.token.get_or_insert_with(|| Uuid::new_v4().simple().to_string());
        Ok(Granted { access_token: token.clone(), scope: names.join(" ") })
    }
}

/// A profile as text; an empty one is everything.
fn spaced(profile: &[String]) -> String {
    if profile.is_empty() { ALL_SCOPES.join(" ") } else { profile.join(" ") }
}
