//! Puts a client together and checks what it was given.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use url::{Host, Url};

use crate::client::{Client, Inner};
use crate::gate::{Gate, GateOptions};
use crate::send::jitter::Jitter;
use crate::send::retry::Policy;
use crate::{Error, StoreHash, Token};

const USER_AGENT: &str = concat!("bigcommerce-rust/", env!("CARGO_PKG_VERSION"));

/// Settings of a [`Client`]; made by [`Client::builder`].
#[derive(Debug, Clone)]
pub struct ClientBuilder {
    store: StoreHash,
    token: Token,
    api_url: String,
    allow_http: bool,
    user_agent: String,
    concurrency: NonZeroUsize,
    reserve: f64,
    timeout: Duration,
    max_body: usize,
    policy: Policy,
    seed: Option<u64>,
}

impl ClientBuilder {
    pub(crate) fn new(store: StoreHash, token: Token) -> Self {
        Self {
            store,
            token,
            api_url: "https://api.bigcommerce.com".to_owned(),
            allow_http: false,
            user_agent: USER_AGENT.to_owned(),
            concurrency: NonZeroUsize::new(4).unwrap_or(NonZeroUsize::MIN),
            reserve: 0.1,
            timeout: Duration::from_secs(60),
            max_body: 16 * 1024 * 1024,
            policy: Policy::default(),
            seed: None,
        }
    }

    /// Begins a client for the store that the environment names: `BIGCOMMERCE_STORE_HASH`,
    /// `BIGCOMMERCE_TOKEN` and, for a simulated store, `BIGCOMMERCE_API_URL`.
    ///
    /// # Errors
    /// When one of the first two is missing or is no such thing.
    pub fn from_env() -> Result<Self, Error> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| Error::Configuration(format!("the variable {name} is not set")))
        };
        let builder = Self::new(
            variable("BIGCOMMERCE_STORE_HASH")?.trim().parse()?,
            Token::from(variable("BIGCOMMERCE_TOKEN")?),
        );
        Ok(match variable("BIGCOMMERCE_API_URL") {
            Ok(origin) => builder.api_url(origin),
            Err(_) => builder,
        })
    }

    /// The origin of the API, without a path. Plain `http` is taken for loopback addresses only.
    #[must_use]
    pub fn api_url(mut self, origin: impl AsRef<str>) -> Self {
        self.api_url = origin.as_ref().trim().to_owned();
        self
    }

    /// Takes plain `http` for any host: the token then travels unencrypted.
    #[must_use]
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// What the client calls itself; BigCommerce asks for a telling one.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The most requests under way at once; fewer while the store is overloaded. 4 unless said.
    #[must_use]
    pub fn concurrency(mut self, ceiling: NonZeroUsize) -> Self {
        self.concurrency = ceiling;
        self
    }

    /// The share of each quota window left to the store's other apps, 0 to 1. 0.1 unless said.
    #[must_use]
    pub fn reserve(mut self, share: f64) -> Self {
        self.reserve = share;
        self
    }

    /// The time one attempt may take, from sending it to the last byte of its answer. 60 s unless said.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The largest answer that is taken, in decompressed bytes. 16 MiB unless said.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// How often a request that failed and may safely be repeated is sent again. 7 unless said. Waits
    /// for the quota do not count.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.policy.retries = retries;
        self
    }

    /// The wait before the first repetition and the longest one; it doubles in between, with jitter.
    /// 250 ms and 30 s unless said.
    #[must_use]
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.policy.first = first;
        self.policy.longest = longest;
        self
    }

    /// Fixes the jitter, for tests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Checks the settings and makes the client. Sends nothing.
    pub fn build(self) -> Result<Client, Error> {
        let origin = origin(&self.api_url, self.allow_http)?;
        self.token.header()?;
        if !(0.0..=1.0).contains(&self.reserve) {
            return Err(Error::Configuration("the reserve is a share from 0 to 1".to_owned()));
        }
        let http = prepare(&origin, self.timeout)
            .user_agent(self.user_agent)
            .pool_max_idle_per_host(self.concurrency.get());
        let http = made(http)?;
        let jitter = self.seed.map_or_else(Jitter::random, Jitter::new);
        let gate = Gate::new(GateOptions {
            ceiling: self.concurrency,
            reserve: self.reserve,
            first_pause: self.policy.first.saturating_mul(4),
            longest_pause: self.policy.longest.saturating_mul(2),
            jitter: jitter.split(),
        });
        let inner = Inner {
            base: format!("{}/stores/{}", origin.as_str().trim_end_matches('/'), self.store),
            store: self.store,
            token: self.token,
            http,
            gate,
            endpoints: Default::default(),
            policy: self.policy,
            max_body: self.max_body,
            jitter,
            counters: Default::default(),
        };
        Ok(Client::from(Arc::new(inner)))
    }
}

/// What every HTTP client of this crate has in common: no redirects, no retries of its own, bounded waits.
fn prepare(origin: &Url, timeout: Duration) -> reqwest::ClientBuilder {
    // Another part of the program may have installed its provider: any will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .gzip(true)
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(15)));
    if is_loopback(origin) {
        http = http.no_proxy();
    }
    if origin.scheme() == "http" {
        // No certificates are needed, so a machine without any is no obstacle.
        http = http.tls_certs_only([]);
    }
    http
}

fn made(http: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    http.build().map_err(|error| {
        Error::Configuration(format!("the HTTP client cannot be made: {}", error.without_url()))
    })
}

/// An HTTP client for a host that is not the API's.
pub(crate) fn http(origin: &Url, timeout: Duration) -> Result<reqwest::Client, Error> {
    made(prepare(origin, timeout).user_agent(USER_AGENT))
}

/// Reads and checks an origin such as `https://api.bigcommerce.com`.
pub(crate) fn origin(text: &str, allow_http: bool) -> Result<Url, Error> {
    let wrong = |why: &str| Error::Configuration(format!("the API address {why}"));
    let url = Url::parse(text).map_err(|_| wrong("is no URL; it looks like https://api.bigcommerce.com"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("holds a user name or password"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("has a path: give the origin alone, /stores/… is appended"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if allow_http || is_loopback(&url) => Ok(url),
        "http" => Err(wrong("is plain http, over which the token would travel unencrypted")),
        _ => Err(wrong("is neither https nor http")),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_safe_origin_is_taken() {
        for good in [
            "https://api.bigcommerce.com",
            "https://x.example:8443/",
            "http://127.0.0.1:1",
            "http://[::1]:1",
            "http://localhost:80",
        ] {
            assert!(origin(good, false).is_ok(), "{good}");
        }
        for bad in [
            "http://api.bigcommerce.com",
            "http://localhost.example",
            "ftp://x",
            "api.bigcommerce.com",
            "https://u:p@x.example",
            "https://x.example/stores",
            "https://x.example?x",
            "",
        ] {
            let error = origin(bad, false).unwrap_err().to_string();
            assert!(!error.contains("u:p"), "{error}");
        }
        assert!(origin("http://proxy.example", true).is_ok());
    }
}
