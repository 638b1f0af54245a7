//! Dead letters, while `serve` runs: seen, tried again, dropped.

use std::time::Duration;

use baxter_testkit::{TestBaxter, wait_until};
use serde_json::{Value, json};

use crate::stub::Stub;
use crate::{serve, settle, start};

fn letters(baxter: &TestBaxter) -> Vec<Value> {
    let listed = baxter.run(&["flows", "dead", "-o", "json"]).success().json();
    listed.as_array().expect("a list of dead letters").clone()
}

/// A flow that refuses brands, until it is told better.
fn flow(baxter: &TestBaxter, url: &str, map: &str) {
    let text = format!(
        "on = [\"brands\"]\nstart = \"now\"\nretry = {{ attempts = 50, base = \"10ms\", max = \"50ms\" }}\n\
         map = '{map}'\n[to]\ntype = \"http\"\nurl = \"{url}\"\n"
    );
    std::fs::create_dir_all(baxter.folder().join("flows")).expect("a folder");
    std::fs::write(baxter.folder().join("flows/brands.toml"), text).expect("a flow");
}

#[test]
fn they_are_seen_and_tried_again_and_dropped_beside_serve() {
    let (store, baxter) = start(&["--products", "20", "--customers", "10", "--orders", "10"]);
    let stub = Stub::start(8);
    flow(&baxter, &stub.url(), "error(\"no brand is welcome\")");
    let (port, serving) = serve(&baxter, &[]);
    store.mutate(json!({ "count": 6, "seed": 8, "streams": ["brands"], "kinds": ["create"] }));
    // Nobody notifies of brands: the poll that is asked for finds them.
    settle(&baxter);
    let dead = letters(&baxter);
    assert_eq!(dead.len(), 6, "{dead:?}");
    assert!(dead.iter().all(|letter| letter["error"] == "no brand is welcome"), "{dead:?}");
    assert!(stub.done().taken.is_empty());
    let metrics = serving.ask("GET", "/metrics", &[], b"").expect("an answer").body;
    let metrics = String::from_utf8(metrics).expect("text");
    assert!(
        metrics.contains("baxter_flow_dead_letters{store=\"teststore\",flow=\"brands\"} 6\n"),
        "{metrics}"
    );

    // Tried again by the same flow, they are refused again, and are still one letter each.
    let asked = |arguments: &[&str]| baxter.run(arguments).success().json()["dead_letters"].clone();
    assert_eq!(asked(&["flows", "retry", "-o", "json"]), 6);
    let again = wait_until(Duration::from_secs(30), || {
        letters(&baxter)
            .iter()
            .all(|letter| letter["attempts"].as_u64() > Some(1) && letter["retry"] == false)
    });
    assert!(again && letters(&baxter).len() == 6, "{:?}", letters(&baxter));

    let dropped = dead[0]["id"].to_string();
    assert_eq!(asked(&["flows", "drop", "--id", &dropped, "-o", "json"]), 1);
    serving.stop(&baxter);
    flow(&baxter, &stub.url(), "{ brand: .record.id }");
    let serving = baxter_testkit::Serving::start(&baxter, port, &[]);
    assert_eq!(asked(&["flows", "retry", "--flow", "brands", "-o", "json"]), 5);
    assert!(wait_until(Duration::from_secs(30), || letters(&baxter).is_empty()), "{:?}", letters(&baxter));
    let mut told: Vec<String> = stub.done().taken.into_iter().map(|(_, body)| body).collect();
    told.sort();
    told.dedup();
    let expected: Vec<String> = dead[1..]
        .iter()
        .map(|letter| format!("{{\"brand\":{}}}", letter["key"].as_str().expect("a key")))
        .collect();
    assert_eq!(told, expected);
    serving.stop(&baxter);
}
