//! The API accounts of the store: who has which token, and how tokens come and go.
//!
//! The first account is the store's own, described by the options; others are added by the options or
//! while the store runs. An app's token comes from exchanging a code (docs/integrations/apps/guide/auth.mdx),
//! lasts until the app is uninstalled, and is replaced when the scopes of the app have changed.

mod grant;
mod scopes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::caller::Caller;
use crate::error::Error;
use crate::options::Options;

pub(crate) use grant::Exchange;
pub use scopes::scope;
pub(crate) use scopes::{ALL as ALL_SCOPES, is_known as is_scope};

/// The most accounts of a store, and the most codes that wait for their exchange.
const MOST: usize = 1_000;

/// Where an app is told of what happens to it; each is an http or https address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Callbacks {
    /// Where the browser brings the code after an install; also what `redirect_uri` has to be.
    pub auth: Option<String>,
    /// Where the browser goes when the app is opened.
    pub load: Option<String>,
    /// What the server calls when the app is uninstalled.
    pub uninstall: Option<String>,
    /// What the server calls when a user loses access.
    pub remove_user: Option<String>,
}

impl Callbacks {
    /// Sets one by `NAME=URL`.
    ///
    /// # Errors
    /// [`Error::Option`] for a name that is none, or an address that is not http or https.
    pub fn set(&mut self, text: &str) -> Result<(), Error> {
        let (name, url) = text.split_once('=').unwrap_or((text, ""));
        let place = match name {
            "auth" => &mut self.auth,
            "load" => &mut self.load,
            "uninstall" => &mut self.uninstall,
            "remove_user" => &mut self.remove_user,
            _ => {
                let known = "auth, load, uninstall and remove_user";
                return Err(Error::Option(format!("'{name}' is no callback: there are {known}")));
            }
        };
        *place = Some(url.to_owned());
        self.check()
    }

    /// Refuses what is no address.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for url in [&self.auth, &self.load, &self.uninstall, &self.remove_user].into_iter().flatten() {
            let parsed = reqwest::Url::parse(url);
            if !parsed.is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
                return Err(Error::Option(format!("'{url}' is no http or https address")));
            }
        }
        Ok(())
    }
}

/// An API account beside the store's first one.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Client {
    /// The client id, different from all others.
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
    /// The token it begins with; without one it is not installed yet.
    pub token: Option<String>,
    /// The scopes of the app's profile; none means every scope.
    pub scopes: Vec<String>,
    /// Where the app is told.
    pub callbacks: Callbacks,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = f.debug_struct("Client");
        out.field("client_id", &self.client_id).field("scopes", &self.scopes);
        out.field("callbacks", &self.callbacks).finish_non_exhaustive()
    }
}

impl std::str::FromStr for Client {
    type Err = Error;

    /// Reads `ID:SECRET`, `ID:SECRET:TOKEN` or `ID:SECRET:TOKEN:SCOPE+SCOPE`; an empty token is none.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.splitn(4, ':');
        let mut next = || parts.next().unwrap_or("").to_owned();
        let (client_id, client_secret, token, scopes) = (next(), next(), next(), next());
        let scopes: Vec<String> = scopes.split('+').filter(|s| !s.is_empty()).map(str::to_owned).collect();
        let token = Some(token).filter(|token| !token.is_empty());
        let client = Self { client_id, client_secret, token, scopes, callbacks: Callbacks::default() };
        client.check().map(|()| client)
    }
}

impl Client {
    /// Refuses what no account can be.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.client_id.is_empty() || self.client_secret.is_empty() {
            return Err(Error::Option("a client has an id and a secret, as ID:SECRET:TOKEN".into()));
        }
        for name in &self.scopes {
            scope(name)?;
        }
        self.callbacks.check()
    }
}

/// An account as it is now.
struct Account {
    id: Arc<str>,
    secret: Arc<str>,
    token: Option<String>,
    /// The scopes the token was granted.
    granted: Arc<[String]>,
    /// The scopes of the app's profile, which the next install grants.
    profile: Arc<[String]>,
    callbacks: Callbacks,
}

impl Account {
    fn of(client: Client) -> Self {
        let profile: Arc<[String]> = client.scopes.into();
        Self {
            id: client.client_id.into(),
            secret: client.client_secret.into(),
            token: client.token,
            granted: profile.clone(),
            profile,
            callbacks: client.callbacks,
        }
    }

    fn needs_consent(&self) -> bool {
        self.token.is_none() || !scopes::same(&self.granted, &self.profile)
    }
}

/// What `GET /_sim/clients` says of one.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    client_id: String,
    scopes: Vec<String>,
    installed: bool,
    /// The merchant has to accept before the app opens again.
    needs_consent: bool,
    callbacks: Callbacks,
}

struct State {
    list: Vec<Account>,
    /// Codes that may be used once, with the client they are for.
    codes: HashMap<String, Arc<str>>,
}

/// All accounts of a store.
pub(crate) struct Accounts {
    store_hash: String,
    /// The first account, and the others of the options.
    begin: Vec<Client>,
    /// Codes of the first account that may be used any number of times.
    standing: Vec<String>,
    state: Mutex<State>,
}

impl Accounts {
    /// Those of the options.
    pub fn new(options: &Options) -> Self {
        let first = Client {
            client_id: options.client_id.clone(),
            client_secret: options.client_secret.clone(),
            token: Some(options.token.clone()),
            scopes: options.scopes.clone(),
            callbacks: options.callbacks.clone(),
        };
        let begin: Vec<Client> = std::iter::once(first).chain(options.clients.iter().cloned()).collect();
        let accounts = Self {
            store_hash: options.store_hash.clone(),
            standing: options.auth_codes.clone(),
            state: Mutex::new(State { list: Vec::new(), codes: HashMap::new() }),
            begin,
        };
        accounts.reset();
        accounts
    }

    /// Back to those of the options, with their tokens.
    pub fn reset(&self) {
        let list = self.begin.iter().cloned().map(Account::of).collect();
        *self.lock() = State { list, codes: HashMap::new() };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Whose token that is.
    pub fn caller(&self, token: &[u8]) -> Option<Caller> {
        let state = self.lock();
        let mut found = None;
        // All are compared, each in constant time.
        for account in &state.list {
            let Some(own) = &account.token else { continue };
            if token.ct_eq(own.as_bytes()).into() {
                found = Some(Caller { client_id: account.id.clone(), scopes: account.granted.clone() });
            }
        }
        found
    }

    /// The secret of a client.
    pub fn secret(&self, client: &str) -> Option<Arc<str>> {
        self.lock().list.iter().find(|account| *account.id == *client).map(|account| account.secret.clone())
    }

    /// The id of a client that is named, or of the first one.
    pub fn named(&self, client: Option<&str>) -> Option<Arc<str>> {
        let state = self.lock();
        let mut list = state.list.iter();
        let found = list.find(|account| client.is_none_or(|client| *account.id == *client));
        found.map(|account| account.id.clone())
    }

    /// The callbacks of a client, and whether the merchant has to accept first.
    pub fn callbacks(&self, client: &str) -> Option<(Callbacks, bool)> {
        let state = self.lock();
        let account = state.list.iter().find(|account| *account.id == *client)?;
        Some((account.callbacks.clone(), account.needs_consent()))
    }

    /// Adds an account, or changes secret, profile and callbacks of one that is there. The token stays
    /// what it is until the merchant accepts changed scopes.
    pub fn put(&self, client: Client) -> Result<(), Error> {
        client.check()?;
        let mut state = self.lock();
        let taken = |account: &Account| client.token.is_some() && account.token == client.token;
        if state.list.iter().any(|account| *account.id != *client.client_id && taken(account)) {
            return Err(Error::Option("another client has this token".into()));
        }
        if let Some(account) = state.list.iter_mut().find(|account| *account.id == *client.client_id) {
            let new = Account::of(client);
            account.secret = new.secret;
            account.profile = new.profile;
            account.callbacks = new.callbacks;
            if new.token.is_some() {
                (account.token, account.granted) = (new.token, new.granted);
            }
            return Ok(());
        }
        if state.list.len() >= MOST {
            return Err(Error::Option(format!("at most {MOST} clients")));
        }
        state.list.push(Account::of(client));
        Ok(())
    }

    /// Ends a client's token; false when there is no such client.
    pub fn revoke(&self, client: &str) -> bool {
        let mut state = self.lock();
        state.codes.retain(|_, owner| **owner != *client);
        match state.list.iter_mut().find(|account| *account.id == *client) {
            Some(account) => {
                account.token = None;
                true
            }
            None => false,
        }
    }

    /// Removes an account; false when there is none or it is the first.
    pub fn remove(&self, client: &str) -> bool {
        let mut state = self.lock();
        state.codes.retain(|_, owner| **owner != *client);
        match state.list.iter().position(|account| *account.id == *client) {
            None | Some(0) => false,
            Some(at) => {
                state.list.remove(at);
                true
            }
        }
    }

    /// All of them, without their secrets.
    pub fn list(&self) -> Vec<Listed> {
        let listed = |account: &Account| Listed {
            client_id: account.id.to_string(),
            scopes: account.granted.to_vec(),
            installed: account.token.is_some(),
            needs_consent: account.needs_consent(),
            callbacks: account.callbacks.clone(),
        };
        self.lock().list.iter().map(listed).collect()
    }
}
