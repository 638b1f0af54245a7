//! The connection to one store: which, where, and with what token.

use std::io::Read;
use std::path::{Path, PathBuf};

use bigcommerce::{Client, ClientBuilder, StoreHash, Token};

use super::{SecretArg, Settings};
use crate::failure::{Code, Failure};

/// Secrets are some tens of characters; a file larger than this holds something else.
const SECRET_FILE_MAX: u64 = 4096;

/// Repetitions of a request that somebody waits for: some two seconds.
const PROMPT_RETRIES: u32 = 3;

/// Where a secret comes from, until a command needs it.
#[derive(Debug, Clone)]
pub(super) enum SecretSource {
    /// A flag or variable held it.
    Given(SecretArg),
    /// This file holds it.
    File(PathBuf),
    /// The configuration names a variable that is not set.
    UnsetVariable(String),
    /// Nobody named one.
    Missing,
}

/// All that is needed to reach a store.
pub struct Connection {
    /// The store's hash.
    pub hash: StoreHash,
    /// The access token.
    pub token: Token,
    /// The origin, without a slash at its end; `None` is the client's own default.
    pub api_url: Option<String>,
}

impl Settings {
    /// The store to connect to. Fails when hash or token is missing or not usable.
    pub fn connection(&self) -> Result<Connection, Failure> {
        let hash = self.hash.as_deref().ok_or_else(|| self.no_hash())?;
        let hash = hash.parse::<StoreHash>().map_err(|_| {
            Failure::new(Code::Configuration, format!("`{hash}` is no store hash"))
                .hint("it is the part after /stores/ in the API path: 1 to 32 letters a-z and digits")
        })?;
        let api_url = self.api_url.as_deref().map(origin).transpose()?;
        Ok(Connection { hash, token: self.token()?, api_url })
    }

    /// Words for a store that is not given, with all that is missing, so that nobody has to ask twice.
    fn no_hash(&self) -> Failure {
        const ELSE: &str = "to try Baxter without a store, run `baxter demo` or `baxter sim`";
        let missing = |what: String| Failure::new(Code::ConnectionMissing, what);
        let Some((path, is_declared)) = &self.file else {
            return missing("no store is given".into()).hint(format!(
                "add --store-hash HASH, set BAXTER_STORE_HASH, or run `baxter init` and fill in baxter.toml; {ELSE}"
            ));
        };
        let place = match is_declared {
            true => format!("below [stores.{}]", self.store),
            false => "below a line [stores.main]".to_owned(),
        };
        let variable = match &self.token {
            SecretSource::UnsetVariable(name) => Some(name.as_str()),
            SecretSource::Missing => Some("BAXTER_TOKEN"),
            SecretSource::Given(_) | SecretSource::File(_) => None,
        };
        let (also, then) = match variable {
            Some(name) => (" and no access token", format!(", and set {name} to its access token")),
            None => ("", String::new()),
        };
        missing(format!("no hash{also} of store `{}` is given", self.store))
            .at(path.display().to_string())
            .hint(format!(
                "write hash = \"…\" {place}, the part after /stores/ in the API path of the store's API account{then}; \
                 {ELSE}"
            ))
    }

    /// The configuration file, as it is named in hints.
    fn file_name(&self) -> String {
        self.file.as_ref().map_or_else(|| super::FILE.to_owned(), |(path, _)| path.display().to_string())
    }

    /// A client for the store, for work that goes on for a while and outlasts a short outage.
    pub fn client(&self) -> Result<Client, Failure> {
        Self::build(self.builder()?)
    }

    /// A client for somebody who waits for one answer, and would rather know soon that none comes.
    pub fn prompt_client(&self) -> Result<Client, Failure> {
        Self::build(self.builder()?.retries(PROMPT_RETRIES))
    }

    fn build(builder: ClientBuilder) -> Result<Client, Failure> {
        builder.build().map_err(|error| Failure::new(Code::Configuration, error.to_string()))
    }

    fn builder(&self) -> Result<ClientBuilder, Failure> {
        let connection = self.connection()?;
        let mut builder = Client::builder(connection.hash, connection.token)
            .user_agent(concat!("baxter/", env!("CARGO_PKG_VERSION")))
            .concurrency(self.requests.concurrency)
            .reserve(self.requests.reserve)
            .timeout(self.requests.timeout);
        if let Some(url) = &connection.api_url {
            builder = builder.api_url(url);
        }
        Ok(builder)
    }

    /// The hash as given by flag, variable or file, not checked.
    pub fn given_hash(&self) -> Option<&str> {
        self.hash.as_deref()
    }

    /// The token, when a flag or variable holds it.
    pub fn given_token(&self) -> Option<&str> {
        match &self.token {
            SecretSource::Given(token) => Some(token.reveal()),
            SecretSource::File(_) | SecretSource::UnsetVariable(_) | SecretSource::Missing => None,
        }
    }

    /// The API's origin as given, not checked.
    pub fn given_api_url(&self) -> Option<&str> {
        self.api_url.as_deref()
    }

    fn token(&self) -> Result<Token, Failure> {
        let file = self.file_name();
        let hint = format!("set BAXTER_TOKEN, add --token-file FILE, or name a variable or file in {file}");
        self.secret(&self.token, "access token", &hint).map(Token::from)
    }

    /// The client secret, which the store signs its notifications with.
    pub fn client_secret(&self) -> Result<String, Failure> {
        let hint = format!(
            "set BAXTER_CLIENT_SECRET, or name a variable or file as client_secret in {}; it stands beside the access \
             token where the API account was made",
            self.file_name()
        );
        self.secret(&self.client_secret, "client secret", &hint)
    }

    fn secret(&self, source: &SecretSource, what: &str, hint: &str) -> Result<String, Failure> {
        let missing = |what: String| Failure::new(Code::ConnectionMissing, what);
        let text =
            match source {
                SecretSource::Given(secret) => secret.reveal().to_owned(),
                SecretSource::File(path) => read_secret(path)?,
                SecretSource::UnsetVariable(name) => {
                    return Err(missing(format!("the environment variable {name} is not set")).hint(
                        format!("{} takes the {what} of store `{}` from it", self.file_name(), self.store),
                    ));
                }
                SecretSource::Missing => return Err(missing(format!("no {what} is given")).hint(hint)),
            };
        let usable = !text.is_empty() && text.len() <= 512 && text.bytes().all(|b| b.is_ascii_graphic());
        if !usable {
            return Err(Failure::new(Code::Configuration, format!("the {what} is not usable"))
                .hint("it must be one word of printable ASCII characters, without quotes or line feeds"));
        }
        Ok(text)
    }
}

fn read_secret(path: &Path) -> Result<String, Failure> {
    let place = path.display().to_string();
    let mut text = String::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(SECRET_FILE_MAX + 1).read_to_string(&mut text));
    match read {
        Ok(size) if size as u64 > SECRET_FILE_MAX => {
            Err(Failure::new(Code::Configuration, "the file is too large for a secret")
                .at(place)
                .hint("the file must hold the secret alone; check its path"))
        }
        Ok(_) => Ok(text.trim().to_owned()),
        Err(error) => Err(Failure::new(
            Code::ConnectionMissing,
            format!("cannot read the file of a secret: {error}"),
        )
        .at(place)
        .hint("the file must exist, be readable by this user, and hold the secret alone; check its path")),
    }
}

/// Checks that `text` is an origin, and that a token may travel to it.
fn origin(text: &str) -> Result<String, Failure> {
    let wrong = |what: String| {
        Failure::new(Code::Configuration, what)
            .hint("the API URL is an origin such as https://api.bigcommerce.com; /stores/HASH/… is appended")
    };
    let url = url::Url::parse(text).map_err(|error| wrong(format!("`{text}` is no URL: {error}")))?;
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("the API URL holds a user name or password".into()));
    }
    if !bare || !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("`{text}` is no origin of an API")));
    }
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if url.scheme() == "http" && !loopback {
        return Err(wrong(format!("`{text}` would carry the token unencrypted"))
            .hint("use https; plain http is for this machine only"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn accepts_origins_only() {
        assert_eq!(origin("https://api.bigcommerce.com/").unwrap(), "https://api.bigcommerce.com");
        assert_eq!(origin("http://127.0.0.1:8080").unwrap(), "http://127.0.0.1:8080");
        assert_eq!(origin("http://[::1]:80").unwrap(), "http://[::1]:80");
        for wrong in [
            "api.bigcommerce.com",
            "https://api.bigcommerce.com/stores/abc",
            "http://api.bigcommerce.com",
            "https://me:secret@api.bigcommerce.com",
            "file:///etc",
            "https://x?y",
        ] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
        assert!(!origin("https://me:secret@x").unwrap_err().to_string().contains("secret"));
    }
}
