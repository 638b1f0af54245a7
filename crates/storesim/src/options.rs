//! What a simulated store is told before it starts.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::accounts::{Callbacks, Client};
use crate::error::Error;

/// The most records of a kind that are generated: everything is held in memory.
const MOST_GENERATED: u64 = 2_000_000;

/// Everything that can be chosen about a simulated store. The default is usable as it stands.
#[derive(Clone)]
pub struct Options {
    /// The store hash in every path: 1 to 32 of `a-z0-9`.
    pub store_hash: String,
    /// The access token that `X-Auth-Token` must carry.
    pub token: String,
    /// The client id of the API account.
    pub client_id: String,
    /// The client secret of the API account.
    pub client_secret: String,
    /// OAuth scopes of the token, by the names of BigCommerce; empty means every scope.
    pub scopes: Vec<String>,
    /// Decides the quota unless `quota` does.
    pub plan: Plan,
    /// Overrides the plan's quota.
    pub quota: Option<Quota>,
    /// Added to every answer of the API.
    pub latency: Duration,
    /// Seed of the generated data.
    pub seed: u64,
    /// Products to generate; of this and the next two at most 2,000,000 each.
    pub products: u64,
    /// Customers to generate.
    pub customers: u64,
    /// Orders to generate.
    pub orders: u64,
    /// Generate metafields, reviews and price lists, too.
    pub extras: bool,
    /// The generated dates end here, in unix seconds, instead of with the start of the store.
    pub dates_until: Option<i64>,
    /// Take the data from this folder instead of generating it.
    pub import: Option<PathBuf>,
    /// Answer 413 to a `limit` above the maximum instead of using the maximum.
    pub strict_limit: bool,
    /// What takes hours in the API (retries, blocks, idle hooks) is so many times shorter; 1 is real time.
    pub time_scale: f64,
    /// Refuse destinations on this machine without https.
    pub strict_hooks: bool,
    /// Where the app of the first account is told of installs and the like.
    pub callbacks: Callbacks,
    /// Codes that the first account may exchange for its token any number of times.
    pub auth_codes: Vec<String>,
    /// Other API accounts.
    pub clients: Vec<Client>,
    /// How long an accepted adjustment of stock does not show.
    pub inventory_delay: Duration,
    /// What the sources leave open.
    pub readings: crate::readings::Readings,
    /// Serve addresses other than the loopback ones.
    pub allow_public: bool,
    /// What the store calls now.
    pub clock: crate::clock::Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            store_hash: "simstore".into(),
            token: "simtoken".into(),
            client_id: "simclient".into(),
            client_secret: "simsecret".into(),
            scopes: Vec::new(),
            plan: Plan::Enterprise,
            quota: None,
            latency: Duration::ZERO,
            seed: 1,
            products: 0,
            customers: 0,
            orders: 0,
            extras: false,
            dates_until: None,
            import: None,
            strict_limit: false,
            time_scale: 1.0,
            strict_hooks: false,
            callbacks: Callbacks::default(),
            auth_codes: Vec::new(),
            clients: Vec::new(),
            inventory_delay: Duration::from_millis(300),
            readings: crate::readings::Readings::default(),
            allow_public: false,
            clock: crate::clock::Clock::default(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("store_hash", &self.store_hash)
            .field("token", &"…")
            .field("client_id", &self.client_id)
            .field("client_secret", &"…")
            .field("scopes", &self.scopes)
            .field("plan", &self.plan)
            .field("quota", &self.quota)
            .field("latency", &self.latency)
            .field("seed", &self.seed)
            .field("products", &self.products)
            .field("customers", &self.customers)
            .field("orders", &self.orders)
            .field("extras", &self.extras)
            .field("dates_until", &self.dates_until)
            .field("import", &self.import)
            .field("strict_limit", &self.strict_limit)
            .field("time_scale", &self.time_scale)
            .field("strict_hooks", &self.strict_hooks)
            .field("callbacks", &self.callbacks)
            .field("clients", &self.clients)
            .field("inventory_delay", &self.inventory_delay)
            .field("readings", &self.readings)
            .field("allow_public", &self.allow_public)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// The quota that counts: the one asked for, or the plan's.
    pub fn effective_quota(&self) -> Quota {
        self.quota.unwrap_or_else(|| self.plan.quota())
    }

    /// Refuses what no store can have.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let hash = self.store_hash.as_bytes();
        let usable = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if hash.is_empty() || hash.len() > 32 || !hash.iter().all(usable) {
            return Err(Error::Option("the store hash must be 1 to 32 letters a-z and digits".into()));
        }
        if self.token.is_empty() {
            return Err(Error::Option("the token must not be empty".into()));
        }
        for (what, count) in
            [("products", self.products), ("customers", self.customers), ("orders", self.orders)]
        {
            if count > MOST_GENERATED {
                return Err(Error::Option(format!(
                    "{count} {what} are too many to generate: at most {MOST_GENERATED}"
                )));
            }
        }
        if !is_scale(self.time_scale) {
            return Err(Error::Option(NO_SCALE.into()));
        }
        self.callbacks.check()?;
        let mut ids = vec![self.client_id.as_str()];
        let mut tokens = vec![self.token.as_str()];
        for client in &self.clients {
            client.check()?;
            let token = client.token.as_deref();
            if ids.contains(&client.client_id.as_str()) || token.is_some_and(|token| tokens.contains(&token))
            {
                return Err(Error::Option("two clients have the same id or the same token".into()));
            }
            ids.push(&client.client_id);
            tokens.extend(token);
        }
        Ok(())
    }
}

const NO_SCALE: &str = "time passes 0.001 to 1000000 times as fast";

fn is_scale(scale: f64) -> bool {
    (0.001..=1e6).contains(&scale)
}

/// Reads how many times as fast time passes, for instance `1000`.
///
/// # Errors
/// [`Error::Option`] for what is no number from 0.001 to 1000000.
pub fn time_scale(text: &str) -> Result<f64, Error> {
    let scale = text.trim().parse().ok().filter(|scale| is_scale(*scale));
    scale.ok_or_else(|| Error::Option(NO_SCALE.into()))
}

/// A plan, as far as it decides the quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plan {
    /// 150 requests per 30 seconds.
    Standard,
    /// 150 requests per 30 seconds.
    Plus,
    /// 450 requests per 30 seconds.
    Pro,
    /// No practical bound.
    #[default]
    Enterprise,
}

impl Plan {
    /// The plan's quota (guide "API rate limits").
    pub fn quota(self) -> Quota {
        let requests = match self {
            Plan::Standard | Plan::Plus => 150,
            Plan::Pro => 450,
            Plan::Enterprise => 10_000_000,
        };
        Quota { requests, window: Duration::from_secs(30) }
    }
}

impl FromStr for Plan {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.to_ascii_lowercase().as_str() {
            "standard" => Ok(Plan::Standard),
            "plus" => Ok(Plan::Plus),
            "pro" => Ok(Plan::Pro),
            "enterprise" => Ok(Plan::Enterprise),
            _ => Err(Error::Option(format!("unknown plan '{text}': use standard, plus, pro or enterprise"))),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Plan::Standard => "standard",
            Plan::Plus => "plus",
            Plan::Pro => "pro",
            Plan::Enterprise => "enterprise",
        })
    }
}

/// So many requests in a window, for instance `150/30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests a window allows, at least one.
    pub requests: u64,
    /// How long a window lasts from its first request.
    pub window: Duration,
}

impl FromStr for Quota {
    type Err = Error;

    /// Reads `REQUESTS/WINDOW`, the window as [`duration`] reads it.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Option(format!("'{text}' is no quota: write it like 150/30s"));
        let (requests, window) = text.split_once('/').ok_or_else(wrong)?;
        let requests: u64 = requests.trim().parse().map_err(|_| wrong())?;
        let window = duration(window).map_err(|_| wrong())?;
        if requests == 0 || window < Duration::from_millis(1) {
            return Err(wrong());
        }
        Ok(Self { requests, window })
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.window.as_millis();
        if millis.is_multiple_of(1000) {
            write!(f, "{}/{}s", self.requests, millis / 1000)
        } else {
            write!(f, "{}/{millis}ms", self.requests)
        }
    }
}

/// Reads a day such as `2026-06-30`, in UTC, as the unix seconds of its end.
///
/// # Errors
/// [`Error::Option`] for what is no day from 1990 to 2100.
pub fn day(text: &str) -> Result<i64, Error> {
    let wrong = || Error::Option(format!("'{text}' is no day from 1990 to 2100: write it like 2026-06-30"));
    let day: jiff::civil::Date = text.trim().parse().map_err(|_| wrong())?;
    if !(1990..=2100).contains(&day.year()) {
        return Err(wrong());
    }
    let begin = day.to_zoned(jiff::tz::TimeZone::UTC).map_err(|_| wrong())?;
    Ok(begin.timestamp().as_second() + 86_400)
}

/// Reads `80ms`, `2s` or `1m`, at most an hour.
pub fn duration(text: &str) -> Result<Duration, Error> {
    let text = text.trim();
    let wrong = || Error::Option(format!("'{text}' is no duration: write it like 80ms, 2s or 1m"));
    let unit = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let amount: u64 = text[..unit].parse().map_err(|_| wrong())?;
    let millis = match text[unit..].trim() {
        "ms" => Some(amount),
        "s" => amount.checked_mul(1000),
        "m" => amount.checked_mul(60_000),
        _ => None,
    };
    match millis {
        Some(millis) if millis <= 3_600_000 => Ok(Duration::from_millis(millis)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_and_durations_are_read_as_people_write_them() {
        let quota: Quota = "150/30s".parse().unwrap();
        assert_eq!(
            (quota.requests, quota.window, quota.to_string()),
            (150, Duration::from_secs(30), "150/30s".into())
        );
        assert_eq!("3/250ms".parse::<Quota>().unwrap().to_string(), "3/250ms");
        for wrong in ["150", "0/30s", "x/30s", "150/0s", "150/30", "-1/1s", "150/2h"] {
            assert!(wrong.parse::<Quota>().is_err(), "{wrong}");
        }
        assert_eq!(duration("80ms").unwrap(), Duration::from_millis(80));
        assert_eq!(duration(" 2 s ").unwrap(), Duration::from_secs(2));
        for wrong in ["", "80", "ms", "61m", "1.5s", "99999999999999999999s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_day_is_read_as_its_end() {
        assert_eq!(day("1970-01-01").ok().or_else(|| day("2026-06-30").ok()), Some(1_782_864_000));
        for wrong in ["", "2026", "2026-02-30", "30.06.2026", "1889-01-01", "9999-01-01"] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn plans_decide_the_quota_unless_one_is_given() {
        let mut options = Options { plan: "PRO".parse().unwrap(), ..Options::default() };
        assert_eq!(options.effective_quota().requests, 450);
        options.quota = Some("7/1s".parse().unwrap());
        assert_eq!(options.effective_quota().requests, 7);
        assert!("gold".parse::<Plan>().is_err());
    }

    #[test]
    fn secrets_are_not_printed() {
        let options =
            Options { token: "canary-1".into(), client_secret: "canary-2".into(), ..Options::default() };
        assert!(!format!("{options:?}").contains("canary"));
        assert!(Options { store_hash: "A b".into(), ..Options::default() }.check().is_err());
    }
}
