//! Changes made up on demand, each as a request of the API would make it.

mod people;
mod requests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::chance::Chance;
use crate::data::Data;
use crate::declare::Verb;
use crate::hooks;
use crate::serve::{Answer, Failure, Query, Route};
use crate::write;

/// What `POST /_sim/mutate` takes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mutation {
    /// How many changes.
    pub count: u64,
    /// The same seed on the same store makes the same changes.
    #[serde(default)]
    pub seed: u64,
    /// Changes per second, as fast as possible when absent.
    #[serde(default)]
    pub rate_per_s: Option<f64>,
    /// Streams to change, by default those of catalog, customers, orders and stock.
    #[serde(default)]
    pub streams: Vec<String>,
    /// Kinds of changes, by default all; each gets about the same share.
    #[serde(default)]
    pub kinds: Vec<Kind>,
}

/// A kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A new record.
    Create,
    /// A changed record.
    Update,
    /// A removed (orders: archived) record.
    Delete,
}

/// The streams that can be changed, with the kinds they know.
const STREAMS: &[(&str, &[Kind])] = &[
    ("products", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("variants", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("brands", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("categories", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("customers", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("customer_addresses", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("orders", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("inventory_levels", &[Kind::Update]),
    ("locations", &[Kind::Update]),
];

/// Streams that change only when they are asked for by name.
const ASKED: &[(&str, &[Kind])] = &[
    ("customer_groups", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("customer_attributes", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("customer_attribute_values", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("customer_form_field_values", &[Kind::Create, Kind::Update]),
    ("subscribers", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("segments", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("shopper_profiles", &[Kind::Create, Kind::Delete]),
    ("wishlists", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("channels", &[Kind::Create, Kind::Update]),
    ("channel_listings", &[Kind::Update]),
    ("pages", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("redirects", &[Kind::Create, Kind::Update, Kind::Delete]),
    ("currencies", &[Kind::Update]),
    ("tax_classes", &[Kind::Create, Kind::Update, Kind::Delete]),
];

/// Streams that change as a part of another.
const PARTS: &[(&str, &str)] = &[
    ("order_products", "orders"),
    ("order_shipping_addresses", "orders"),
    ("inventory_items", "inventory_levels"),
];

impl Mutation {
    /// Refuses what cannot be done.
    pub fn check(&self) -> Result<(), String> {
        for stream in &self.streams {
            if known(stream).is_none() {
                return Err(format!("the stream {stream} is unknown or cannot be changed"));
            }
        }
        match self.rate_per_s {
            Some(rate) if !(0.001..=1e6).contains(&rate) => {
                Err("rate_per_s must be between 0.001 and 1000000".into())
            }
            _ => Ok(()),
        }
    }
}

fn known(stream: &str) -> Option<&'static (&'static str, &'static [Kind])> {
    let whole = PARTS.iter().find(|(part, _)| *part == stream).map_or(stream, |(_, whole)| whole);
    STREAMS.iter().chain(ASKED).find(|(name, _)| *name == whole)
}

/// How many changes of each kind.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Counts {
    created: u64,
    updated: u64,
    deleted: u64,
}

/// What a run did.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Outcome {
    #[serde(flatten)]
    total: Counts,
    by_stream: BTreeMap<&'static str, Counts>,
}

/// A run under way.
pub(crate) struct Run {
    chance: Chance,
    kinds: Vec<Kind>,
    streams: Vec<&'static (&'static str, &'static [Kind])>,
    left: u64,
    /// Attempts in a row that came to nothing.
    idle: u32,
    outcome: Outcome,
}

/// After so many attempts in a row without effect a run gives up: the store has nothing to change.
const PATIENCE: u32 = 1_000;

impl Run {
    /// Begins one.
    pub fn new(mutation: &Mutation) -> Self {
        let mut streams: Vec<_> = mutation.streams.iter().filter_map(|stream| known(stream)).collect();
        streams.dedup();
        let all = [Kind::Create, Kind::Update, Kind::Delete];
        let kinds = if mutation.kinds.is_empty() { all.to_vec() } else { mutation.kinds.clone() };
        Self {
            chance: Chance::new(mutation.seed),
            streams: if streams.is_empty() { STREAMS.iter().collect() } else { streams },
            kinds,
            left: mutation.count,
            idle: 0,
            outcome: Outcome::default(),
        }
    }

    /// Whether changes are left to make.
    pub fn goes_on(&self) -> bool {
        self.left > 0 && self.idle < PATIENCE
    }

    /// Changes made.
    pub fn done(&self) -> u64 {
        let counts = &self.outcome.total;
        counts.created + counts.updated + counts.deleted
    }

    /// What was done.
    pub fn outcome(&self) -> Outcome {
        self.outcome.clone()
    }

    /// Makes one change, if the attempt finds one.
    pub fn step(&mut self, data: &mut Data) {
        self.idle += 1;
        let Some(kind) = self.chance.pick(&self.kinds).copied() else { return };
        let fitting: Vec<&'static str> =
            self.streams.iter().filter(|(_, kinds)| kinds.contains(&kind)).map(|(name, _)| *name).collect();
        let Some(stream) = self.chance.pick(&fitting).copied() else { return };
        let Some(request) = requests::make(data, &mut self.chance, stream, kind) else { return };
        if send(data, &request).is_err() {
            return;
        }
        self.idle = 0;
        self.left -= 1;
        for counts in [&mut self.outcome.total, self.outcome.by_stream.entry(stream).or_default()] {
            match kind {
                Kind::Create => counts.created += 1,
                Kind::Update => counts.updated += 1,
                Kind::Delete => counts.deleted += 1,
            }
        }
    }
}

/// A write as a client would send it.
#[derive(Debug)]
struct Request {
    verb: Verb,
    path: String,
    body: String,
}

fn send(data: &mut Data, request: &Request) -> Result<Answer, Failure> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let unknown = || Failure::new(404, format!("{path} is not served"));
    let route = Route::find(path).ok_or_else(unknown)?;
    let action = route.action(request.verb).ok_or_else(unknown)?;
    let query = Query::read(Some(query));
    let answer = write::perform(data, &route, action, &query, &request.body, Route::version(path))?;
    // Changes on demand show at once, after everything that was accepted before them.
    hooks::show_stock(data, None);
    Ok(answer)
}
