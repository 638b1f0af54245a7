//! `baxter plan` and `baxter apply`.

use baxter_testkit::{TestBaxter, assert_equal};
use serde_json::Value;

use crate::program::{snapshot, store, told_of};

/// Writes a file of desired rows into the folder that Baxter runs in.
fn file(baxter: &TestBaxter, name: &str, text: &str) {
    std::fs::write(baxter.folder().join(name), text).expect("a file can be written");
}

/// Stock of every item that is kept, at every location, with `more` added to every `nth` one.
fn stock(baxter: &TestBaxter, nth: usize, more: i64) -> String {
    let rows = baxter.query(
        "select i.sku, l.location_id, l.total_inventory_onhand as onhand from inventory_items i
         join inventory_levels l using (item_id, item_kind)
         join products p on p.id = i.product_id
         where i.sku <> '' order by i.item_id, l.location_id",
    );
    let mut csv = String::from("location_id,sku,quantity\r\n");
    for (at, row) in rows.iter().enumerate() {
        let quantity = row["onhand"].as_i64().unwrap() + if at % nth == 0 { more } else { 0 };
        csv.push_str(&format!("{},{},{quantity}\r\n", row["location_id"], row["sku"].as_str().unwrap()));
    }
    csv
}

#[test]
fn stock_is_planned_applied_and_then_there_is_nothing_to_do() {
    let (store, baxter) = store(&["--products", "120"]);
    baxter.run(&["sync", "--quiet"]).success();
    file(&baxter, "stock.csv", &stock(&baxter, 3, 7));
    let plan =
        baxter.run(&["plan", "inventory", "stock.csv", "--out", "stock.plan", "-o", "json"]).failure(2);
    let plan = plan.json();
    let count = plan["updates"].as_array().map_or(0, Vec::len);
    assert!(count > 40 && plan["refused"] == Value::Array(vec![]), "{count}");
    let saved = std::fs::read_to_string(baxter.folder().join("stock.plan")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&saved).unwrap(), plan);

    let shown = baxter.run(&["apply", "stock.plan"]).failure(2);
    assert!(shown.stdout.contains(&format!("{count} to update")), "{}", shown.stdout);
    let before = store.stats();
    let report = baxter.run(&["apply", "stock.plan", "--yes", "-o", "json"]).success().json();
    assert_eq!(report["counts"]["applied"], count);
    assert_eq!(report["requests"], 1);
    assert_eq!(report["read_back"], "mirrored");
    let writes = |stats: &baxter_testkit::Stats| {
        stats.all["by_route"]["PUT /v3/inventory/adjustments/absolute"].as_u64().unwrap_or(0)
    };
    assert_eq!(writes(&store.stats()) - writes(&before), 1);
    assert_equal(&store, &baxter);
    baxter.run(&["plan", "inventory", "stock.csv"]).success();

    snapshot!(
        "apply-again",
        told_of(&baxter.run(&["apply", "stock.plan", "--yes"])).replace(plan["id"].as_str().unwrap(), "[ID]")
    );
}

#[test]
fn customers_are_made_and_changed() {
    let (store, baxter) = store(&[]);
    baxter.run(&["sync", "--quiet"]).success();
    let known = baxter.query("select email from customers order by id limit 10");
    let mut csv = String::from("email,first_name,last_name,company\n");
    for row in &known {
        csv.push_str(&format!("{},,,Baxter & Co\n", row["email"].as_str().unwrap().to_uppercase()));
    }
    for at in 0..20 {
        csv.push_str(&format!("new-{at}@shop.example,Nia,Öz {at},\n"));
    }
    file(&baxter, "people.csv", &csv);
    baxter.run(&["plan", "customers", "people.csv", "--out", "people.plan", "--quiet"]).failure(2);
    let report = baxter.run(&["apply", "people.plan", "--yes", "-o", "json"]).success().json();
    assert_eq!(report["counts"]["applied"], 30);
    assert_eq!(report["requests"], 3);
    assert_equal(&store, &baxter);
    let again = baxter.run(&["plan", "customers", "people.csv", "-o", "json"]).success().json();
    assert_eq!(again["unchanged"], 30);
}

#[test]
fn what_cannot_be_planned_or_applied_is_told() {
    let (_store, baxter) = store(&[]);
    file(&baxter, "stock.csv", "sku,quantity\nA,1\n");
    file(&baxter, "columns.csv", "sku,amount\nA,1\n");
    file(&baxter, "no.plan", "{\"version\":9}");
    let commands: [&[&str]; 6] = [
        &["plan", "inventory", "stock.csv"],
        &["plan", "inventory", "columns.csv"],
        &["plan", "customers", "none.csv"],
        &["apply", "no.plan", "--yes"],
        &["apply", "none.plan", "--yes"],
        &["plan", "prices", "stock.csv"],
    ];
    let said: Vec<String> = commands
        .iter()
        .map(|command| format!("$ baxter {}\n{}", command.join(" "), told_of(&baxter.run(command))))
        .collect();
    snapshot!("write-back-refusals", said.join("\n"));
}

#[test]
fn rows_in_every_format() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "--quiet"]).success();
    file(
        &baxter,
        "people.csv",
        "email,first_name,last_name\nnew@shop.example,Nia,Öz\nnobody,,\nnew2@shop.example,,\n",
    );
    let plans: Vec<String> = ["table", "jsonl", "csv"]
        .iter()
        .map(|format| {
            let output =
                baxter.run(&["plan", "customers", "people.csv", "--out", "people.plan", "-o", format]);
            format!("$ baxter plan -o {format}\n{}", told_of(&output))
        })
        .collect();
    let applied = told_of(&baxter.run(&["apply", "people.plan", "--yes"]));
    snapshot!("write-back-formats", format!("{}\n$ baxter apply\n{applied}", plans.join("\n")));
}
