//! The live part: the daemon runs, things happen in the store, and one sees each go from event to change to ledger;
//! a stock file is planned and applied beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use baxter_engine::model::clock::SystemClock;
use baxter_engine::model::stream::selection;
use baxter_engine::storage::{ChangeEntry, Inbox, Reader, ReceivedEvent, Since};
use baxter_engine::sync::{Rhythm, Silent, hooks};
use baxter_writeback::plan::{self, Naming};
use baxter_writeback::{Journal, Plan, Settler, apply, desired};
use bigcommerce::Request;
use jiff::{Timestamp, Zoned};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::stage::Stage;
use super::tour::goes_on;
use crate::cli::{Context, mirror};
use crate::failure::client::{Asked, AskedOf};
use crate::failure::mirror::sync_failure;
use crate::failure::{Code, Failure, writeback};
use crate::{cli, daemon};

/// The recipe that the flow of the demonstration is made of.
const RECIPE: &str = include_str!("../../../../recipes/ledger/flow.toml");
/// Where the recipe has its file, from the folder that it is loaded for.
const LEDGER: &str = "books/bigcommerce.journal";
/// Between two looks at what has come.
const LOOK: Duration = Duration::from_millis(200);
/// How many rows of a plan are shown.
const ROWS: usize = 5;
/// Longer than any of these steps takes to arrive.
const ARRIVAL: Duration = Duration::from_secs(15);

/// Runs the daemon and lets things happen, for about `time`.
pub async fn run(stage: &Stage, time: Duration, context: &mut Context) -> Result<(), Failure> {
    let ends = Instant::now() + time;
    let stop = context.stop.child_token();
    let (url, serving) = serve(stage, stop.clone()).await?;
    let shown = show(stage, &url, ends, context).await;
    stop.cancel();
    let served = serving.await.map_err(|error| cli::ended(&error))?;
    shown.and(served)
}

type Serving = tokio::task::JoinHandle<Result<(), Failure>>;

/// Starts the daemon in this process, with the ledger as its one flow.
async fn serve(stage: &Stage, stop: CancellationToken) -> Result<(String, Serving), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| no_listener(&error))?;
    let url = format!("http://{}", listener.local_addr().map_err(|error| no_listener(&error))?);
    // The orders that were there before are no news.
    let text = format!("start = \"now\"\n{RECIPE}");
    let flow = baxter_flows::flow::parse(Path::new("recipes/ledger/flow.toml"), &text, stage.folder())
        .map_err(|problems| Failure::new(Code::Flow, problems.to_string()))?;
    let store = daemon::StoreOptions {
        destination: None,
        clock_offset: 0,
        client: stage.client.clone(),
        data_dir: stage.settings.data_dir.clone(),
        log_retention: None,
        streams: selection::on_by_default(),
        rhythm: Rhythm::default(),
        client_secret: Some(stage.client_secret.clone()),
        flows: vec![flow],
        observer: Arc::new(Silent),
        asked: AskedOf::new(&stage.settings),
    };
    let door = daemon::Door { listener: Arc::new(listener), tls: None, metrics: daemon::metrics()? };
    let serving = tokio::spawn(daemon::Daemon::open(vec![store], door).await?.run(stop));
    Ok((url, serving))
}

fn no_listener(error: &std::io::Error) -> Failure {
    Failure::new(Code::Network, format!("cannot listen on 127.0.0.1: {error}"))
}

async fn show(stage: &Stage, url: &str, ends: Instant, context: &mut Context) -> Result<(), Failure> {
    let failed = |error: &baxter_engine::sync::Error| sync_failure(error, &Asked::of(&stage.settings));
    let destination = format!("{url}{}", baxter_server::intake::PATH);
    let streams = selection::on_by_default();
    let steps = hooks::plan(&streams, &destination, &[]);
    context.printer.step("baxter serve, and baxter hooks sync: from now on the store tells")?;
    for step in &steps {
        hooks::carry_out(&stage.client, step, &destination).await.map_err(|error| failed(&error))?;
    }
    context.printer.line(format_args!("listens at {url}; the store has {} hooks for it.", steps.len()))?;

    let mut watch = Watch::begin(stage).await?;
    context.printer.step("Things happen, and arrive: event, change, ledger")?;
    for (words, request, awaited) in happenings(stage).await? {
        goes_on(context)?;
        line(context, "store", words)?;
        stage.client.send(request).await.map_err(|error| Asked::of(&stage.settings).failure(&error))?;
        watch.until(awaited, context).await?;
    }

    goes_on(context)?;
    stock(stage, context).await?;
    watch.until(Awaited::Change("inventory_levels"), context).await?;
    while Instant::now() < ends {
        goes_on(context)?;
        watch.look(context).await?;
        tokio::time::sleep(LOOK).await;
    }
    watch.look(context).await
}

/// What has to arrive before the next thing happens.
#[derive(Clone, Copy, PartialEq)]
enum Awaited {
    /// A change of this stream.
    Change(&'static str),
    /// An entry in the ledger.
    Entry,
}

/// Things that happen in a store, as requests to its API.
async fn happenings(stage: &Stage) -> Result<Vec<(&'static str, Request, Awaited)>, Failure> {
    let sql =
        "select id, name from products where inventory_tracking = 'none' and base_variant_id is not null
               order by id limit 1";
    let found = mirror::read(&stage.settings, move |reader| reader.rows(sql)).await?;
    let Some([rusqlite::types::Value::Integer(product), ..]) = found.rows.first().map(Vec::as_slice) else {
        return Err(Failure::new(Code::Internal, "the generated store has no simple product"));
    };
    let address = json!({
        "first_name": "Ada", "last_name": "Byron", "street_1": "12 St James's Square", "city": "Austin",
        "state": "Texas", "zip": "78701", "country": "United States", "country_iso2": "US",
        "email": "ada.byron@example.com",
    });
    let order = json!({
        "status_id": 11, "customer_id": 0, "billing_address": address,
        "products": [{"product_id": product, "quantity": 2}],
    });
    Ok(vec![
        (
            "a price is changed",
            Request::put(format!("/v3/catalog/products/{product}")).json(&json!({"price": 19.95})),
            Awaited::Change("products"),
        ),
        ("somebody orders, and pays", Request::post("/v2/orders").json(&order), Awaited::Entry),
    ])
}

/// Plans a stock file and applies it, beside the daemon.
async fn stock(stage: &Stage, context: &mut Context) -> Result<(), Failure> {
    let file = stage.folder().join("stock.csv");
    let sql = "select i.sku, l.total_inventory_onhand from inventory_items i
               join inventory_levels l using (item_id, item_kind)
               where l.location_id = 1 and i.sku <> '' order by l.total_inventory_onhand, i.sku limit 4";
    let low = mirror::read(&stage.settings, move |reader| reader.rows(sql)).await?;
    let mut text = String::from("sku,quantity\n");
    for row in &low.rows {
        if let [rusqlite::types::Value::Text(sku), _] = row.as_slice() {
            text.push_str(&format!("{sku},120\n"));
        }
    }
    let words = |error: baxter_writeback::Error| writeback::failure(&error, &Asked::of(&stage.settings));
    std::fs::write(&file, &text).map_err(|error| {
        Failure::new(Code::File, format!("cannot write: {error}")).at(file.display().to_string())
    })?;
    context.printer.step("baxter plan inventory stock.csv")?;
    let dir = stage.settings.data_dir.clone();
    let plan = tokio::task::spawn_blocking(move || -> Result<Plan, baxter_writeback::Error> {
        let rows = desired::inventory(text.as_bytes(), "stock.csv")?;
        let naming = Naming { id: Uuid::now_v7(), made_at: Timestamp::now(), source: "stock.csv".to_owned() };
        plan::inventory(&rows, &mut Reader::open(&dir)?, naming)
    });
    let plan = plan.await.map_err(|error| cli::ended(&error))?.map_err(words)?;
    context.printer.line(plan.text(ROWS).trim_end())?;

    context.printer.step("baxter apply stock.plan --yes: exactly that, and read back")?;
    let hash = stage.client.store().to_string();
    let dir = stage.settings.data_dir.clone();
    let clock = Arc::new(SystemClock);
    let mut journal = Journal::open(&dir, clock.clone()).map_err(|error| words(error.into()))?;
    let settler =
        Settler::open(&dir, &hash, stage.client.clone(), clock).map_err(|error| words(error.into()))?;
    let options = apply::Options::default();
    let report = apply::apply(&plan, &hash, &stage.client, &mut journal, &settler, &options).await;
    settler.close().await;
    context.printer.line(report.map_err(words)?.text().trim_end())?;
    context.printer.flush()
}

/// What has been shown of events, changes and ledger.
struct Watch {
    data_dir: PathBuf,
    ledger: PathBuf,
    event: i64,
    seq: i64,
    read: usize,
}

/// What is new.
struct News {
    events: Vec<ReceivedEvent>,
    changes: Vec<ChangeEntry>,
    entries: String,
}

impl Watch {
    async fn begin(stage: &Stage) -> Result<Watch, Failure> {
        let seq = mirror::read(&stage.settings, |reader| reader.last_seq()).await?;
        let (data_dir, ledger) = (stage.settings.data_dir.clone(), stage.folder().join(LEDGER));
        Ok(Watch { data_dir, ledger, event: 0, seq, read: 0 })
    }

    /// Shows what comes until what is awaited has come.
    async fn until(&mut self, awaited: Awaited, context: &mut Context) -> Result<(), Failure> {
        let patience = Instant::now() + ARRIVAL;
        loop {
            goes_on(context)?;
            let news = self.look_for(context).await?;
            let came = match awaited {
                Awaited::Change(stream) => news.changes.iter().any(|change| change.stream == stream),
                Awaited::Entry => news.entries.contains("BC-"),
            };
            if came {
                return Ok(());
            }
            if Instant::now() > patience {
                return Err(Failure::new(
                    Code::NotSettled,
                    "what happened in the store did not arrive in time",
                ));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn look(&mut self, context: &mut Context) -> Result<(), Failure> {
        self.look_for(context).await.map(drop)
    }

    async fn look_for(&mut self, context: &mut Context) -> Result<News, Failure> {
        let news = self.news().await?;
        for event in &news.events {
            line(context, "event", &event.scope)?;
        }
        for change in &news.changes {
            let what = format!("{} {} {} (by {})", change.stream, change.key, change.kind, change.noticed_by);
            line(context, "change", &what)?;
        }
        for entry in news.entries.lines().filter(|text| !text.trim().is_empty()) {
            line(context, "ledger", entry)?;
        }
        context.printer.flush()?;
        Ok(news)
    }

    async fn news(&mut self) -> Result<News, Failure> {
        let (dir, ledger, event, seq) = (self.data_dir.clone(), self.ledger.clone(), self.event, self.seq);
        let looked = tokio::task::spawn_blocking(move || -> Result<_, baxter_engine::storage::Error> {
            let events = Inbox::open(&dir)?.received_after(event, 1_000)?;
            let changes = Reader::open(&dir)?.changes(Some(Since::Seq(seq)), &[], 1_000)?;
            // Before the first entry there is no file.
            Ok((events, changes.entries, std::fs::read_to_string(&ledger).unwrap_or_default()))
        });
        let looked = looked.await.map_err(|error| cli::ended(&error))?;
        let (events, changes, text) = looked.map_err(|error| crate::failure::mirror::failure(&error))?;
        self.event = events.last().map_or(self.event, |event| event.id);
        self.seq = changes.last().map_or(self.seq, |change| change.seq);
        let new = text.get(self.read..).unwrap_or_default();
        // What stands above the first entry is the file's head.
        let entries = new.find("\n\n").filter(|_| self.read == 0).map_or(new, |at| &new[at..]).to_owned();
        self.read = text.len();
        Ok(News { events, changes, entries })
    }
}

fn line(context: &mut Context, what: &str, text: &str) -> Result<(), Failure> {
    context.printer.line(format_args!("{}  {what:<7} {text}", Zoned::now().strftime("%H:%M:%S")))
}
