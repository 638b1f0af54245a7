//! The tour: sync, ask, change, notice, prove.

use std::time::Instant;

use baxter_engine::model::stream::{Stream, all, selection};
use baxter_engine::storage::Since;
use bigcommerce::Request;
use serde_json::json;

use super::stage::Stage;
use crate::cli::{Context, changes, mirror, query, sync};
use crate::failure::client::Asked;
use crate::failure::mirror::query_failure;
use crate::failure::{Code, Failure};
use crate::print::{Cell, grouped};

/// What one would ask first.
const QUESTIONS: [(&str, &str); 3] = [
    (
        "What did the last months bring?",
        "select substr(date_created, 1, 7) as month, count(*) as orders, decimal_sum(total_inc_tax) as revenue\n\
         from orders where status_id not in (0, 5) group by month order by month desc limit 5",
    ),
    (
        "What sells best?",
        "select p.name, sum(l.quantity) as sold, decimal_sum(l.total_inc_tax) as revenue\n\
         from order_products l join products p on p.id = l.product_id\n\
         group by p.id order by sold desc, p.id limit 5",
    ),
    (
        "What is running out, and where?",
        "select i.sku, l.location_name as location, l.available_to_sell as left_to_sell, l.safety_stock\n\
         from inventory_levels l join inventory_items i using (item_id, item_kind)\n\
         where l.available_to_sell <= l.safety_stock order by l.available_to_sell, i.sku limit 5",
    ),
];

/// Streams in which something happens.
const TOUCHED: [&str; 3] = ["products", "customers", "orders"];

/// Goes through the tour; ends between two steps when asked to stop.
pub async fn run(stage: &Stage, context: &mut Context) -> Result<(), Failure> {
    context.printer.line(format_args!("listens at {}, in this process.", stage.url()))?;

    context.printer.step("baxter sync: the whole store into SQL, as fast as its quota allows")?;
    let began = Instant::now();
    sync_store(stage, selection::on_by_default(), context).await?;
    let records = count(stage).await?;
    let stats = stage.client.stats();
    context.printer.line(format_args!(
        "{} records in {:.1} s with {} requests, {} of them beyond the quota.",
        grouped(records),
        began.elapsed().as_secs_f64(),
        grouped(stats.requests),
        grouped(stats.throttled)
    ))?;

    for (question, sql) in QUESTIONS {
        goes_on(context)?;
        context.printer.step(question)?;
        context.printer.line(format_args!("baxter query \"{sql}\"\n"))?;
        print_query(stage, sql, context).await?;
    }

    goes_on(context)?;
    context.printer.step("Something happens in the store")?;
    let seq = mirror::read(&stage.settings, |reader| reader.last_seq()).await?;
    for (words, request) in happenings(stage).await? {
        let path = format!("{} {}", request.method(), request.path());
        stage.client.send(request).await.map_err(|error| Asked::of(&stage.settings).failure(&error))?;
        context.printer.line(format_args!("{words:<32} {path}"))?;
    }

    context.printer.step(format_args!("baxter sync {}: what was modified since", TOUCHED.join(" ")))?;
    let touched = all().iter().filter(|stream| TOUCHED.contains(&stream.name.as_str())).collect();
    sync_store(stage, touched, context).await?;

    goes_on(context)?;
    context.printer.step(format_args!("baxter changes --since {seq}: each change stands once in the log"))?;
    let log =
        mirror::read(&stage.settings, move |reader| reader.changes(Some(Since::Seq(seq)), &[], 20)).await?;
    let mut rows = context.printer.rows(changes::TABLE.map(String::from).into());
    for entry in &log.entries {
        rows.row(changes::table_row(entry))?;
    }
    rows.end()?;

    context.printer.flush()
}

/// The proof, and where to go from here.
pub async fn end(stage: &Stage, context: &mut Context) -> Result<(), Failure> {
    goes_on(context)?;
    context.printer.step("baxter sync, and baxter digest: the proof that mirror and store are equal")?;
    sync_store(stage, selection::on_by_default(), context).await?;
    prove(stage, context).await?;

    context.printer.step("That was all of it, and nothing of it is left behind")?;
    context.printer.line("Your own store: `baxter init`, `baxter doctor`, `baxter sync`.")?;
    context.printer.line("A store to develop against: `baxter sim`.")?;
    context.printer.flush()
}

/// Fails when the person wants it to end.
pub fn goes_on(context: &Context) -> Result<(), Failure> {
    if context.stop.is_cancelled() { Err(Failure::interrupted()) } else { Ok(()) }
}

async fn sync_store(
    stage: &Stage,
    streams: Vec<&'static Stream>,
    context: &mut Context,
) -> Result<(), Failure> {
    context.printer.flush()?;
    let summary = sync::sync(
        &stage.client,
        &stage.settings,
        streams,
        sync::Manner { skip: true, ..sync::Manner::default() },
        context.stop.clone(),
    )
    .await?;
    goes_on(context)?;
    if summary.is_complete() {
        return Ok(());
    }
    sync::tell_failures(&summary, &stage.settings, &context.printer);
    Err(Failure::Silent)
}

async fn count(stage: &Stage) -> Result<u64, Failure> {
    mirror::read(&stage.settings, |reader| {
        let mut records = 0;
        for stream in all() {
            records += reader.count(stream)?;
        }
        Ok(records)
    })
    .await
}

async fn print_query(stage: &Stage, sql: &'static str, context: &mut Context) -> Result<(), Failure> {
    let found = mirror::read_with(&stage.settings, query_failure, move |reader| reader.rows(sql)).await?;
    let mut rows = context.printer.rows(found.columns);
    for row in found.rows {
        rows.row(row.into_iter().map(query::cell).collect())?;
    }
    rows.end()?;
    Ok(())
}

/// A price, an order's status and a new customer, as requests to the store's API.
async fn happenings(stage: &Stage) -> Result<Vec<(&'static str, Request)>, Failure> {
    // An order that waits to be shipped, as far as there is one.
    let sql = "select (select max(id) from products),
                      (select id from orders where status_id <> 2 order by status_id = 11 desc, id desc limit 1)";
    let found = mirror::read_with(&stage.settings, query_failure, move |reader| reader.rows(sql)).await?;
    let mut ids = found.rows.into_iter().flatten().map(|value| match value {
        rusqlite::types::Value::Integer(id) => Ok(id),
        _ => Err(Failure::new(Code::Internal, "the generated store is empty")),
    });
    let mut id = || ids.next().unwrap_or_else(|| Err(Failure::new(Code::Internal, "no such record")));
    let (product, order) = (id()?, id()?);
    let customer = json!([{
        "first_name": "Charles", "last_name": "Baxter", "email": "charles.baxter@example.com",
    }]);
    Ok(vec![
        (
            "a price is changed:",
            Request::put(format!("/v3/catalog/products/{product}")).json(&json!({"price": 42.5})),
        ),
        ("an order is shipped:", Request::put(format!("/v2/orders/{order}")).json(&json!({"status_id": 2}))),
        ("somebody opens an account:", Request::post("/v3/customers").json(&customer)),
    ])
}

async fn prove(stage: &Stage, context: &mut Context) -> Result<(), Failure> {
    let mut compared = Vec::new();
    for stream in selection::on_by_default() {
        let ours = mirror::read(&stage.settings, move |reader| reader.digest(stream)).await?;
        if ours.count == 0 {
            continue;
        }
        let theirs = stage.store_digest(&stream.name).await?;
        let equal = ours.sha256 == theirs.sha256 && ours.count == theirs.count;
        compared.push((ours, theirs, equal));
    }
    let columns = ["stream", "records", "mirror", "store", "equal"];
    let mut rows = context.printer.rows(columns.map(String::from).into());
    for (ours, theirs, equal) in &compared {
        rows.row(vec![
            ours.stream.as_str().into(),
            ours.count.into(),
            short(&ours.sha256),
            short(&theirs.sha256),
            Cell::from(if *equal { "yes" } else { "NO" }),
        ])?;
    }
    rows.end()?;
    let different: Vec<_> =
        compared.iter().filter(|(_, _, equal)| !equal).map(|(ours, ..)| ours.stream.as_str()).collect();
    if different.is_empty() {
        return Ok(());
    }
    Err(Failure::new(Code::SyncIncomplete, format!("mirror and store differ: {}", different.join(", ")))
        .hint("this should not be possible; please report it with the output above"))
}

fn short(sha256: &str) -> Cell {
    Cell::Text(sha256.chars().take(16).collect())
}
