//! The lists in docs/simulator.md are made from what they tell about: `BAXTER_UPDATE_DOCS=1` writes them.

use std::path::{Path, PathBuf};

use crate::store::small;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compares the part of the page between the markers of `name` with what it should be, or writes it.
fn hold(name: &str, expected: &str) {
    let path = root().join("docs/simulator.md");
    let Ok(page) = std::fs::read_to_string(&path) else {
        println!("skipped: the page is not here");
        return;
    };
    let (begin, end) = (format!("<!-- {name}: made by a test -->\n"), format!("<!-- {name}: end -->\n"));
    let (head, rest) = page.split_once(&begin).expect("the marker of the list's beginning");
    let (found, tail) = rest.split_once(&end).expect("the marker of the list's end");
    if std::env::var_os("BAXTER_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}{begin}{expected}{end}{tail}")).expect("the page is writable");
        return;
    }
    assert!(
        found == expected,
        "docs/simulator.md ({name}) is stale; BAXTER_UPDATE_DOCS=1 cargo test -p storesim --test it page:: -- \
         --test-threads 1 writes it"
    );
}

#[tokio::test]
async fn what_is_left_out_is_listed() {
    let store = small().await;
    let paths = store.sim("paths").await;
    let mut list = String::new();
    for (path, methods) in paths["left_out"].as_object().expect("paths") {
        let methods: Vec<&str> =
            methods.as_array().expect("methods").iter().filter_map(|method| method.as_str()).collect();
        list.push_str(&format!("- `{path}`: {}\n", methods.join(", ")));
    }
    hold("left out", &list);
    store.simulator.stop().await;
}

/// What the contract suite lets pass, each with its reason.
#[test]
fn every_deviation_from_the_descriptions_is_listed() {
    let Ok(text) = std::fs::read_to_string(root().join("scripts/judges/deviations.toml")) else {
        println!("skipped: the contract suite is not here");
        return;
    };
    let declared: toml::Table = text.parse().expect("TOML");
    let mut list = String::new();
    for kind in ["schema", "status"] {
        for deviation in declared[kind].as_array().expect("an array of tables") {
            let text = |name: &str| deviation.get(name).and_then(toml::Value::as_str);
            let reason = text("reason").expect("a reason");
            let place = match (text("operation"), text("file"), deviation.get("properties")) {
                (Some(operation), ..) => format!("`{operation}`"),
                (_, Some(file), Some(names)) => {
                    let names = names.as_array().expect("names").iter().filter_map(toml::Value::as_str);
                    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
                    format!("`{file}`, {}", names.join(", "))
                }
                (_, Some(file), None) => format!("`{file}`"),
                _ => panic!("a deviation without a place: {deviation}"),
            };
            list.push_str(&format!("- {place}: {reason}\n"));
        }
    }
    hold("deviations", &list);
}
