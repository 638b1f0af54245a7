//! The life of an app in a store: installed, opened, uninstalled.
//!
//! A merchant installs an app from the control panel; there is no address of one's own to send them to. The
//! merchant's browser then comes to the app's callbacks:
//!
//! | callback | what it brings | what to do |
//! |---|---|---|
//! | auth | `code`, `scope`, `context` | [`Callback::parse`], [`App::exchange`], keep the token, answer with a page |
//! | load | `signed_payload_jwt` | [`App::verify`], answer with the app's page |
//! | uninstall, remove user | `signed_payload_jwt` | [`App::verify`], forget the store or the user |
//!
//! A token holds until the app is uninstalled, or until the merchant accepts other scopes: the auth callback
//! then comes again, with a new code.
//!
//! ```no_run
//! use bigcommerce::install::{App, Callback};
//!
//! # async fn example(query: &str, jwt: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let app = App::new("client id", std::env::var("BIGCOMMERCE_CLIENT_SECRET")?, "https://app.example.com/auth")?;
//!
//! // GET /auth?code=…&scope=…&context=stores%2Fabc123
//! let grant = app.exchange(&Callback::parse(query)?).await?;
//! if let Some(missing) = grant.scopes.missing(["store_v2_products", "store_v2_orders_read_only"]).first() {
//!     println!("the app's profile lacks {missing}");
//! }
//! let client = grant.client().user_agent("my-app/1.0").build()?;
//! println!("installed in {:?}", client.store_information().await?.name);
//!
//! // GET /load?signed_payload_jwt=…
//! let claims = app.verify(jwt, jiff::Timestamp::now())?;
//! println!("{:?} opened the app in {}", claims.user.email, claims.store);
//! # Ok(())
//! # }
//! ```

mod jwt;
mod scopes;

use std::fmt;
use std::time::Duration;

use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

pub use jwt::{Claims, InvalidJwt};
pub use scopes::Scopes;

use crate::error::Source;
use crate::{ApiError, Client, ClientBuilder, Error, StoreHash, Token, builder};

/// Where tokens are given out.
const LOGIN: &str = "https://login.bigcommerce.com";

const TOKEN_PATH: &str = "/oauth2/token";

/// Answers of the login host are a few hundred bytes.
const MOST_BYTES: usize = 64 * 1024;

/// An app: its credentials, and what they are good for.
#[derive(Clone)]
pub struct App {
    client_id: String,
    client_secret: SecretString,
    redirect_uri: String,
    login: Url,
    http: reqwest::Client,
}

impl App {
    /// An app by its credentials and the address of its auth callback, exactly as registered.
    ///
    /// # Errors
    /// When one of them is empty.
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        redirect_uri: impl Into<String>,
    ) -> Result<Self, Error> {
        let (client_id, client_secret) = (client_id.into(), SecretString::from(client_secret.into()));
        let redirect_uri = redirect_uri.into();
        for (what, text) in [
            ("client id", client_id.as_str()),
            ("client secret", client_secret.expose_secret()),
            ("redirect URI", redirect_uri.as_str()),
        ] {
            if text.trim().is_empty() {
                return Err(Error::Configuration(format!("the app's {what} is empty")));
            }
        }
        let login = builder::origin(LOGIN, false)?;
        let http = builder::http(&login, Duration::from_secs(20))?;
        Ok(Self { client_id, client_secret, redirect_uri, login, http })
    }

    /// Another host that gives out tokens: a simulator's. Plain `http` is taken for loopback addresses only.
    ///
    /// # Errors
    /// When it is no origin such as `https://login.bigcommerce.com`.
    pub fn login_url(mut self, origin: &str) -> Result<Self, Error> {
        self.login = builder::origin(origin.trim(), false)?;
        self.http = builder::http(&self.login, Duration::from_secs(20))?;
        Ok(self)
    }

    /// Gives a code for a token. Do it before answering the callback: the code holds for moments, and once.
    ///
    /// # Errors
    /// [`Error::Api`] when the code, the secret or the redirect URI is refused; [`Error::Transport`] when no
    /// answer came. It is sent once only.
    pub async fn exchange(&self, callback: &Callback) -> Result<Grant, Error> {
        #[derive(Serialize)]
        struct Ask<'a> {
            client_id: &'a str,
            client_secret: &'a str,
            code: &'a str,
            context: String,
            scope: &'a str,
            grant_type: &'a str,
            redirect_uri: &'a str,
        }
        let ask = Ask {
            client_id: &self.client_id,
            client_secret: self.client_secret.expose_secret(),
            code: callback.code.expose_secret(),
            context: format!("stores/{}", callback.store),
            scope: callback.scopes.as_str(),
            grant_type: "authorization_code",
            redirect_uri: &self.redirect_uri,
        };
        let body = serde_json::to_vec(&ask).map_err(|error| self.invalid(error.to_string()))?;
        let url = self.login.join(TOKEN_PATH).map_err(|error| self.invalid(error.to_string()))?;
        let request = self.http.post(url).header("content-type", "application/json");
        let request = request.header("accept", "application/json").body(body);
        let mut response = request.send().await.map_err(transport)?;
        let status = response.status();
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(transport)? {
            if answer.len() + chunk.len() > MOST_BYTES {
                return Err(self.invalid("it is far too long".to_owned()));
            }
            answer.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            let secret = Token::from(self.client_secret.expose_secret().to_owned());
            let mut error =
                ApiError::read(&Method::POST, TOKEN_PATH, 1, status, response.headers(), &answer, &secret);
            error.scrub(&Token::from(callback.code.expose_secret().to_owned()));
            return Err(Error::Api(Box::new(error)));
        }
        // Without serde's words: they may quote the token.
        let answer: Answer =
            serde_json::from_slice(&answer).map_err(|_| self.invalid("it holds no token".to_owned()))?;
        let store = store_of(&answer.context)
            .ok_or_else(|| self.invalid("its context is not stores/… and a store hash".to_owned()))?;
        if store != callback.store {
            return Err(self.invalid("its token is of another store".to_owned()));
        }
        Ok(Grant {
            token: Token::from(answer.access_token),
            store,
            scopes: Scopes::parse(&answer.scope),
            user: answer.user.unwrap_or_default(),
            owner: answer.owner.unwrap_or_default(),
            account_uuid: answer.account_uuid,
        })
    }

    /// Checks a `signed_payload_jwt` and reads its claims: the signature (HS256, in constant time), that it
    /// is of this app and of BigCommerce, and that it holds `now`, give or take a minute.
    ///
    /// # Errors
    /// Why it is not believed. Answer 401 and show nothing.
    pub fn verify(&self, jwt: &str, now: jiff::Timestamp) -> Result<Claims, InvalidJwt> {
        jwt::verify(jwt, &self.client_id, &self.client_secret, now)
    }

    fn invalid(&self, reason: String) -> Error {
        Error::InvalidBody { method: Method::POST, path: TOKEN_PATH.to_owned(), attempts: 1, reason }
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .field("login", &self.login.as_str())
            .finish_non_exhaustive()
    }
}

/// What the auth callback brings.
#[derive(Clone)]
pub struct Callback {
    /// The store that installs the app.
    pub store: StoreHash,
    /// What the merchant granted; compare it with what the app asks for.
    pub scopes: Scopes,
    /// The merchant's account.
    pub account_uuid: Option<String>,
    code: SecretString,
}

impl Callback {
    /// Reads the query of the callback's address, without the `?`.
    ///
    /// # Errors
    /// When `code` or `context` is missing or is no such thing: somebody else called.
    pub fn parse(query: &str) -> Result<Self, Error> {
        let (mut code, mut scope, mut context, mut account_uuid) = (None, None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.trim_start_matches('?').as_bytes()) {
            match &*name {
                "code" => code = Some(value.into_owned()),
                "scope" => scope = Some(value.into_owned()),
                "context" => context = Some(value.into_owned()),
                "account_uuid" => account_uuid = Some(value.into_owned()),
                _ => {}
            }
        }
        let wrong = |why: &str| Error::Configuration(format!("this is no auth callback: {why}"));
        let code = code.filter(|code| !code.is_empty() && code.len() <= 1024);
        let store = context.as_deref().and_then(store_of);
        Ok(Self {
            store: store.ok_or_else(|| wrong("its context is not stores/… and a store hash"))?,
            scopes: Scopes::parse(&scope.unwrap_or_default()),
            account_uuid,
            code: SecretString::from(code.ok_or_else(|| wrong("it has no code"))?),
        })
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("store", &self.store)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// What a store granted an app.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Grant {
    /// The access token. Keep it by store: [`Token::expose`] is its text.
    pub token: Token,
    /// The store.
    pub store: StoreHash,
    /// What the token may do.
    pub scopes: Scopes,
    /// Who installed the app.
    pub user: Person,
    /// Who owns the store.
    pub owner: Person,
    /// The merchant's account.
    pub account_uuid: Option<String>,
}

impl Grant {
    /// Begins a client for the store.
    pub fn client(&self) -> ClientBuilder {
        Client::builder(self.store.clone(), self.token.clone())
    }
}

/// Somebody in the control panel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Person {
    /// The key.
    pub id: Option<i64>,
    /// The name to log in with.
    pub username: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The language, as BCP 47 has it.
    pub locale: Option<String>,
}

/// Not printable: it holds the token.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    scope: String,
    context: String,
    user: Option<Person>,
    owner: Option<Person>,
    account_uuid: Option<String>,
}

fn store_of(context: &str) -> Option<StoreHash> {
    context.strip_prefix("stores/")?.parse().ok()
}

fn transport(error: reqwest::Error) -> Error {
    Error::Transport {
        method: Method::POST,
        path: TOKEN_PATH.to_owned(),
        attempts: 1,
        timeout: error.is_timeout(),
        connect: error.is_connect(),
        source: Box::new(error.without_url()) as Source,
    }
}
