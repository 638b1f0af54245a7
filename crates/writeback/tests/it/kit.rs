//! What the tests here share: plans by hand, a client, a journal, and a sender that can be cut.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use baxter_engine::model::clock::SystemClock;
use baxter_writeback::apply::{Options, Report};
use baxter_writeback::plan::{Create, Kind, Target, Update, VERSION};
use baxter_writeback::{Error, Failure, Fields, Journal, Plan, ReadBack, Sender, Settled, apply};
use bigcommerce::{Client, Page, Request, Response, Token};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::shop::{HASH, product_of};

pub fn client(url: &str) -> Client {
    Client::builder(HASH.parse().unwrap(), Token::from("token".to_owned()))
        .api_url(url)
        .retries(1)
        .backoff(Duration::from_millis(1), Duration::from_millis(2))
        .build()
        .unwrap()
}

pub fn journal(dir: &Path) -> Journal {
    Journal::open(dir, Arc::new(SystemClock)).unwrap()
}

pub fn fields(value: Value) -> Fields {
    value.as_object().unwrap().clone()
}

pub fn plan(kind: Kind, creates: Vec<Create>, updates: Vec<Update>) -> Plan {
    Plan {
        version: VERSION,
        id: uuid::Uuid::from_u128(77),
        kind,
        store_hash: HASH.into(),
        made_at: Timestamp::UNIX_EPOCH,
        mirror_seq: 1,
        source: "rows.csv".into(),
        warnings: Vec::new(),
        creates,
        updates,
        deletes: Vec::new(),
        unchanged: 0,
        refused: Vec::new(),
    }
}

/// A change of a variant's stock at a location.
pub fn stock(line: u64, variant: i64, location_id: i64, before: i64, after: i64) -> Update {
    Update {
        line,
        key: format!("S{variant}"),
        target: Target::Stock { product_id: product_of(variant), variant_id: Some(variant), location_id },
        before: fields(json!({ "quantity": before })),
        after: fields(json!({ "quantity": after })),
    }
}

pub fn create(line: u64, email: &str) -> Create {
    Create { line, key: email.into(), after: fields(json!({ "first_name": "F", "last_name": "L" })) }
}

pub fn options() -> Options {
    Options {
        visible_within: Duration::from_secs(5),
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_millis(5),
    }
}

/// Notes what it was told.
#[derive(Default)]
pub struct Told(pub Mutex<Vec<(String, Vec<i64>)>>);

impl ReadBack for Told {
    async fn read_back(&self, stream: &'static str, ids: &[i64]) -> Result<Settled, Failure> {
        self.0.lock().unwrap().push((stream.to_owned(), ids.to_vec()));
        Ok(Settled::Mirrored)
    }
}

pub async fn run(plan: &Plan, store: &impl Sender, dir: &Path) -> Result<Report, Error> {
    apply(plan, HASH, store, &mut journal(dir), &Told::default(), &options()).await
}

/// Line and result of each row, with the reason where there is one.
pub fn results(report: &Report) -> Vec<String> {
    let text = |row: &baxter_writeback::apply::RowReport| {
        let reason = row.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{} {}{reason}", row.line, row.result.as_str())
    };
    report.rows.iter().map(text).collect()
}

/// Which end of a call never comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Side {
    /// Nothing is sent.
    Before,
    /// It is done, and nobody hears the answer.
    After,
}

/// Passes calls on until the one at which the process "dies".
pub struct Cut {
    pub client: Client,
    pub at: u32,
    pub side: Side,
    calls: AtomicU32,
    died: Notify,
}

impl Cut {
    pub fn new(client: Client, at: u32, side: Side) -> Self {
        Cut { client, at, side, calls: AtomicU32::new(0), died: Notify::new() }
    }

    /// Ends when the call is reached at which the process dies.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    async fn cut(&self, side: Side, call: u32) {
        if (call, side) == (self.at, self.side) {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl Sender for Cut {
    async fn send(&self, request: Request) -> Result<Response, bigcommerce::Error> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        self.cut(Side::Before, call).await;
        let response = self.client.send(request).await;
        self.cut(Side::After, call).await;
        response
    }

    async fn page(&self, request: &Request, limit: u32) -> Result<Page, bigcommerce::Error> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        self.cut(Side::Before, call).await;
        let page = self.client.page(request, limit).await;
        self.cut(Side::After, call).await;
        page
    }
}
