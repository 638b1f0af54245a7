//! The whole way against the simulated store: sync, plan, apply, and nothing left to do.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baxter_engine::model::clock::SystemClock;
use baxter_engine::storage::{Mirror, Reader, Writer};
use baxter_engine::sync::{Options, Service};
use baxter_writeback::apply::Report;
use baxter_writeback::plan::{self, Naming};
use baxter_writeback::{Journal, Plan, Settled, Settler, desired};
use bigcommerce::{Client, Token};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const HASH: &str = "simstore";

async fn store() -> (storesim::Simulator, Client) {
    let options = storesim::Options { products: 300, customers: 40, ..storesim::Options::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let store = storesim::start(options, listener).await.unwrap();
    let token = Token::from("simtoken".to_owned());
    let client = Client::builder(HASH.parse().unwrap(), token).api_url(store.url()).build().unwrap();
    (store, client)
}

/// Syncs everything; answers how many changes that brought.
async fn sync(dir: &Path, client: &Client, full: bool) -> u64 {
    let writer = Writer::start(Mirror::open(dir, HASH).unwrap()).unwrap();
    let options = Options { full, ..Options::default() };
    let summary = Service::new(client.clone(), writer.clone(), options).run(CancellationToken::new()).await;
    writer.close().await;
    let changes = |summary: &baxter_engine::sync::StreamSummary| {
        assert!(summary.error.is_none(), "{:?}", summary.error);
        summary.committed.created + summary.committed.updated + summary.committed.deleted
    };
    summary.streams.iter().map(changes).sum()
}

fn naming() -> Naming {
    Naming { id: Uuid::now_v7(), made_at: Timestamp::now(), source: "rows.csv".into() }
}

fn plan_stock(dir: &Path, csv: &str) -> Plan {
    let rows = desired::inventory(csv.as_bytes(), "rows.csv").unwrap();
    plan::inventory(&rows, &mut Reader::open(dir).unwrap(), naming()).unwrap()
}

fn plan_customers(dir: &Path, csv: &str) -> Plan {
    let rows = desired::customers(csv.as_bytes(), "rows.csv").unwrap();
    plan::customers(&rows, &mut Reader::open(dir).unwrap(), naming()).unwrap()
}

async fn apply(dir: &Path, client: &Client, plan: &Plan) -> Report {
    let clock = Arc::new(SystemClock);
    let settler = Settler::open(dir, HASH, client.clone(), clock.clone()).unwrap();
    let mut journal = Journal::open(dir, clock).unwrap();
    let options =
        baxter_writeback::apply::Options { first_wait: Duration::from_millis(20), ..Default::default() };
    let report = baxter_writeback::apply(plan, HASH, client, &mut journal, &settler, &options).await.unwrap();
    settler.close().await;
    report
}

/// SKUs that one item alone has and stock is kept of, with what lies at location 1.
fn skus(dir: &Path) -> Vec<(String, i64)> {
    let sql = "SELECT inventory_items.sku, total_inventory_onhand FROM inventory_items
         JOIN inventory_levels USING (item_id, item_kind)
         JOIN products ON products.id = inventory_items.product_id
         WHERE location_id = 1 AND inventory_items.sku <> '' GROUP BY lower(inventory_items.sku) HAVING count(*) = 1 ORDER BY item_kind, item_id";
    let rows = Reader::open(dir).unwrap().rows(sql).unwrap().rows;
    rows.into_iter()
        .map(|row| match row.as_slice() {
            [rusqlite::types::Value::Text(sku), rusqlite::types::Value::Integer(onhand)] => {
                (sku.clone(), *onhand)
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

#[tokio::test]
async fn stock_is_planned_applied_mirrored_and_then_there_is_nothing_to_do() {
    let (store, client) = store().await;
    let dir = tempfile::tempdir().unwrap();
    sync(dir.path(), &client, false).await;
    let skus = skus(dir.path());
    assert!(skus.len() > 300, "{}", skus.len());
    // The first and the last: products tracked as a whole and variants.
    let differs = |at: usize| at < 100 || at + 100 >= skus.len();
    let mut csv = String::from("sku,quantity\n");
    for (at, (sku, onhand)) in skus.iter().enumerate() {
        let quantity = onhand + i64::from(differs(at));
        csv.push_str(&format!("\"{}\",{quantity}\n", sku.replace('"', "\"\"")));
    }
    let plan = plan_stock(dir.path(), &csv);
    assert_eq!((plan.updates.len(), plan.refused.len()), (200, 0), "{}", plan.text(5));
    let report = apply(dir.path(), &client, &plan).await;
    assert!(report.is_success(), "{}", report.text());
    assert_eq!((report.counts.applied, report.requests), (200, 1));
    assert_eq!(report.read_back, Some(Settled::Mirrored));
    assert_eq!(plan_stock(dir.path(), &csv).changes(), 0);
    let changes = Reader::open(dir.path()).unwrap().changes(None, &["inventory_levels"], 100_000).unwrap();
    assert_eq!(changes.entries.iter().filter(|change| change.noticed_by == "apply").count(), 200);
    assert_eq!(sync(dir.path(), &client, true).await, 0, "a sweep finds nothing");
    store.stop().await;
}

#[tokio::test]
async fn customers_are_planned_applied_mirrored_and_then_there_is_nothing_to_do() {
    let (store, client) = store().await;
    let dir = tempfile::tempdir().unwrap();
    sync(dir.path(), &client, false).await;
    let sql = "SELECT email FROM customers ORDER BY id LIMIT 10";
    let rows = Reader::open(dir.path()).unwrap().rows(sql).unwrap().rows;
    let mut csv = String::from("email,first_name,last_name,phone,notes\n");
    for row in &rows {
        let [rusqlite::types::Value::Text(email)] = row.as_slice() else { panic!("{row:?}") };
        csv.push_str(&format!("{email},,,+49 30 555,\n"));
    }
    for i in 0..20 {
        csv.push_str(&format!("new{i}@shop.example,New,Ömer {i},,\"said \"\"hi\"\"\"\n"));
    }
    let plan = plan_customers(dir.path(), &csv);
    assert_eq!((plan.creates.len(), plan.updates.len()), (20, 10), "{}", plan.text(5));
    let report = apply(dir.path(), &client, &plan).await;
    assert!(report.is_success(), "{}", report.text());
    assert_eq!((report.counts.applied, report.requests), (30, 3));
    assert_eq!(plan_customers(dir.path(), &csv).changes(), 0);
    assert_eq!(sync(dir.path(), &client, true).await, 0, "a sweep finds nothing");
    store.stop().await;
}

#[tokio::test]
async fn beside_a_process_that_writes_the_mirror_hints_are_left() {
    let (store, client) = store().await;
    let dir = tempfile::tempdir().unwrap();
    sync(dir.path(), &client, false).await;
    let (sku, onhand) = skus(dir.path()).remove(0);
    let plan = plan_stock(dir.path(), &format!("sku,quantity\n\"{sku}\",{}\n", onhand + 1));
    let serving = Mirror::open(dir.path(), HASH).unwrap();
    let report = apply(dir.path(), &client, &plan).await;
    assert!(report.is_success(), "{}", report.text());
    assert_eq!(report.read_back, Some(Settled::Hinted));
    let inbox = baxter_engine::storage::Inbox::open(dir.path()).unwrap();
    let due = inbox.due(Timestamp::now(), 10, &[]).unwrap();
    let streams: Vec<&str> = due.iter().map(|due| due.target.stream).collect();
    assert_eq!(streams, ["inventory_items", "products"]);
    drop(serving);
    store.stop().await;
}
