//! Log lines as JSON lead from an event to its change and on to the delivery.

use std::time::Duration;

use baxter_testkit::{Serving, free_port, wait_until};
use serde_json::{Value, json};

use crate::{settle, start};

const FLOW: &str = r#"
on = ["products.updated"]
start = "now"
map = '"\(.key)"'
[to]
type = "file"
path = "out/changed.txt"
format = "text"
"#;

#[test]
fn from_event_to_delivery() {
    let (store, baxter) = start(&["--products", "20", "--customers", "10", "--orders", "10"]);
    baxter.run(&["sync", "--quiet"]).success();
    std::fs::create_dir(baxter.folder().join("flows")).expect("a folder");
    std::fs::write(baxter.folder().join("flows/changed.toml"), FLOW).expect("a file");
    let mut serving = Serving::start(&baxter, free_port(), &["--poll", "1h", "-vv", "--log-json"]);
    baxter.run(&["hooks", "sync", "--destination", &serving.destination()]).success();
    settle(&baxter);
    let product = &baxter.query("select min(id) as id from products")[0]["id"];
    let path = format!("/v3/catalog/products/{product}");
    assert_eq!(store.ask("PUT", &path, Some(&json!({ "price": 12.34 }))).status, 200);
    store.wait_until_all_is_told(Duration::from_secs(60));
    settle(&baxter);
    let lines = |serving: &mut Serving| -> Vec<Value> {
        let text = serving.process().stderr();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    let find = |lines: &[Value], message: &str, wanted: &[(&str, Value)]| {
        let fits = |line: &&Value| {
            line["message"] == message && wanted.iter().all(|(name, value)| line[*name] == *value)
        };
        lines.iter().find(fits).cloned()
    };
    let delivered =
        wait_until(Duration::from_secs(60), || find(&lines(&mut serving), "to be appended", &[]).is_some());
    assert!(delivered, "{}", serving.process().report());
    let lines = lines(&mut serving);
    let event = find(&lines, "event", &[("scope", json!("store/product/updated"))]).expect("the event");
    let hash = event["event"].clone();
    let fetched =
        find(&lines, "fetched", &[("event", hash), ("stream", json!("products"))]).expect("the fetch");
    assert_eq!(&fetched["record"], product);
    let key = json!(product.to_string());
    let change = find(&lines, "change", &[("stream", json!("products")), ("key", key)]).expect("the change");
    let delivery = find(&lines, "to be appended", &[("seq", change["seq"].clone())]);
    assert!(delivery.is_some_and(|delivery| delivery["flow"] == "changed"), "no delivery of {change}");
    serving.stop(&baxter);
}
