//! Plan and apply at size, alone and beside a running `serve`.

use std::fmt::Write;

use baxter_testkit::{TestBaxter, TestStore, assert_equal, assert_log_is_mirror};
use serde_json::Value;

use crate::{serve, settle, start};

/// How many rows the stock file has, and how many of them differ from the store.
const ROWS: usize = 3_000;
const DIFFERENT: usize = 400;

/// A stock file of the mirror's own levels, some of which are to change.
fn stock(baxter: &TestBaxter, name: &str) {
    let rows = baxter.query(&format!(
        "select i.sku, l.location_id, l.total_inventory_onhand as onhand from inventory_items i
         join inventory_levels l using (item_id, item_kind)
         where i.sku <> '' order by i.item_id, i.item_kind, l.location_id limit {ROWS}"
    ));
    assert_eq!(rows.len(), ROWS, "the store has too few items");
    let mut csv = String::from("sku,quantity,location_id\n");
    for (at, row) in rows.iter().enumerate() {
        let onhand = row["onhand"].as_i64().expect("a quantity");
        // Spread over the whole file, so that they are of many products and of every location.
        let differs = (at + 1) * DIFFERENT / ROWS > at * DIFFERENT / ROWS;
        let quantity = if differs { onhand + 3 } else { onhand };
        let sku = row["sku"].as_str().expect("a SKU");
        writeln!(csv, "{sku},{quantity},{}", row["location_id"]).expect("text can be written to");
    }
    std::fs::write(baxter.folder().join(name), csv).expect("a file can be written");
}

/// Requests of a route that the store has answered.
fn asked(store: &TestStore, route: &str) -> u64 {
    store.stats().all["by_route"][route].as_u64().unwrap_or(0)
}

/// Plans, applies and plans again; answers the report of the apply. `settled` is called before the second plan.
fn plan_and_apply(
    store: &TestStore,
    baxter: &TestBaxter,
    (file, plan): (&str, &str),
    settled: impl Fn(),
) -> Value {
    const ADJUSTMENTS: &str = "PUT /v3/inventory/adjustments/absolute";
    stock(baxter, file);
    let planned = baxter.run(&["plan", "inventory", file, "--out", plan]).failure(2);
    assert!(planned.stdout.contains(&format!("{DIFFERENT} to update")), "{planned}");
    let text = std::fs::read_to_string(baxter.folder().join(plan)).expect("the plan is a file");
    let saved: Value = serde_json::from_str(&text).expect("the plan is JSON");
    let count = |name: &str| saved[name].as_array().map(Vec::len);
    assert_eq!(
        (count("creates"), count("updates"), count("deletes"), count("refused")),
        (Some(0), Some(DIFFERENT), Some(0), Some(0))
    );
    assert_eq!(saved["unchanged"], ROWS - DIFFERENT);

    let before = asked(store, ADJUSTMENTS);
    let report = baxter.run(&["apply", plan, "--yes", "-o", "json"]).success().json();
    let requests = asked(store, ADJUSTMENTS) - before;
    assert!((1..=2).contains(&requests), "{requests} adjustment requests");
    assert_eq!(report["requests"], requests);
    assert_eq!(report["counts"]["applied"], DIFFERENT, "{}", report["counts"]);

    settled();
    assert_equal(store, baxter);
    let again = baxter.run(&["plan", "inventory", file]).success();
    assert!(again.stdout.contains("othing to do"), "{again}");
    report
}

#[test]
fn stock_is_set_in_two_requests_and_then_there_is_nothing_to_do() {
    let (store, baxter) = start(&["--products", "800", "--inventory-delay", "200ms"]);
    baxter.run(&["sync", "--quiet"]).success();
    // The mirror is up to date when apply ends, without anything else.
    let alone = plan_and_apply(&store, &baxter, ("a.csv", "a.plan"), || {});
    assert_eq!(alone["read_back"], "mirrored");
    assert_log_is_mirror(&baxter);

    let (_port, serving) = serve(&baxter, &["--poll", "1h", "--relist", "1h"]);
    let beside = plan_and_apply(&store, &baxter, ("b.csv", "b.plan"), || settle(&baxter));
    assert_eq!(beside["read_back"], "hinted");
    serving.stop(&baxter);
    let before = baxter.changes().last_seq();
    baxter.run(&["sync", "--full"]).success();
    assert_eq!(baxter.changes().last_seq(), before, "a sweep found what was not read back");
    assert_log_is_mirror(&baxter);
}

#[test]
fn customers_that_are_new_are_made_ten_at_a_time() {
    let (store, baxter) = start(&[]);
    let (_port, serving) = serve(&baxter, &[]);
    let mut csv = String::from("email,first_name,last_name,company\n");
    for row in baxter.query("select email, first_name, last_name from customers order by id limit 10") {
        let cell = |name: &str| row[name].as_str().expect("text").replace('"', "\"\"");
        writeln!(csv, "{},\"{}\",\"{}\",", cell("email"), cell("first_name"), cell("last_name"))
            .expect("text can be written to");
    }
    for at in 0..20 {
        writeln!(csv, "new.{at}@shop.example,Nia,Öz {at},Öz & Söhne").expect("text can be written to");
    }
    std::fs::write(baxter.folder().join("people.csv"), csv).expect("a file can be written");
    let plan = ["plan", "customers", "people.csv", "--out", "people.plan", "-o", "json"];
    let planned = baxter.run(&plan).failure(2).json();
    assert_eq!((planned["creates"].as_array().map(Vec::len), &planned["unchanged"]), (Some(20), &10.into()));
    let writes = || ["POST", "PUT", "DELETE"].map(|method| asked(&store, &format!("{method} /v3/customers")));
    let [posts, puts, deletes] = writes();
    let report = baxter.run(&["apply", "people.plan", "--yes", "-o", "json"]).success().json();
    assert_eq!(report["counts"]["applied"], 20, "{report}");
    assert_eq!(writes(), [posts + 2, puts, deletes]);

    settle(&baxter);
    assert_equal(&store, &baxter);
    let again = baxter.run(&["plan", "customers", "people.csv", "-o", "json"]).success().json();
    assert_eq!(again["unchanged"], 30);
    let twice = baxter.run(&["apply", "people.plan", "--yes"]).failure(1);
    assert!(twice.stderr.contains("was applied already"), "{twice}");
    assert_eq!(writes(), [posts + 2, puts, deletes]);
    assert_log_is_mirror(&baxter);
    serving.stop(&baxter);
}
