//! Several stores in one process: each has a mirror, a quota and notifications of its own.

use std::fs;

use baxter_testkit::{SECRET, Serving, TestBaxter, TestStore, free_port};
use serde_json::{Value, json};

use crate::PROGRAM;
use crate::signed::Notification;

const SMALL: [&str; 6] = ["--products", "20", "--customers", "10", "--orders", "10"];

#[test]
fn each_has_its_own_mirror_and_notifications() {
    let store = |hash: &str, seed: &str| {
        let arguments = [&["--store-hash", hash, "--seed", seed][..], &SMALL].concat();
        TestStore::start(PROGRAM, &arguments)
    };
    let (east, west) = (store("east", "3"), store("west", "4"));
    let baxter = TestBaxter::new(PROGRAM, &east);
    let table = |name: &str, store: &TestStore| {
        format!(
            "[stores.{name}]\nhash = \"{name}\"\napi_url = \"{}\"\ndata_dir = \"data/{name}\"\n\
             token = {{ env = \"TOKEN\" }}\nclient_secret = {{ env = \"SECRET\" }}\n",
            store.url()
        )
    };
    fs::write(baxter.folder().join("baxter.toml"), table("east", &east) + &table("west", &west))
        .expect("a file");
    let command = |arguments: &[&str]| {
        let mut command = baxter.command(arguments);
        for name in ["API_URL", "STORE_HASH", "TOKEN", "CLIENT_SECRET", "DATA_DIR"] {
            command.env_remove(format!("BAXTER_{name}"));
        }
        command.env("TOKEN", baxter_testkit::CANARY).env("SECRET", SECRET);
        command
    };
    let run = |arguments: &[&str]| {
        baxter.finish(baxter.spawn_command(&mut command(arguments)), arguments).success()
    };
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let serving =
        baxter.spawn_command(&mut command(&["serve", "--all-stores", "--listen", &listen, "--poll", "1h"]));
    let serving = Serving::of(serving, port);
    for name in ["east", "west"] {
        run(&["hooks", "sync", "--store", name, "--destination", &serving.destination()]);
        run(&["wait", "--settled", "--store", name, "--timeout", "120s"]);
    }
    let equal = |name: &str, store: &TestStore| {
        for stream in ["products", "orders", "customers", "variants"] {
            let ours = run(&["digest", stream, "--store", name, "-o", "json"]).json();
            let theirs = store.digest(stream);
            assert_eq!(
                (&ours["count"], &ours["sha256"]),
                (&json!(theirs.count), &json!(theirs.sha256)),
                "{name}"
            );
        }
    };
    equal("east", &east);
    equal("west", &west);
    assert_ne!(east.digest("products"), west.digest("products"), "two stores");

    // What happens in one arrives in its mirror.
    west.mutate_any(40, 9, &["create", "update", "delete"]);
    west.wait_until_all_is_told(std::time::Duration::from_secs(60));
    run(&["wait", "--settled", "--store", "west", "--timeout", "120s"]);
    equal("west", &west);
    equal("east", &east);

    // The producer chooses the key; an unknown one is refused as a wrong signature is.
    let data = r#"{"type":"product","id":77}"#;
    assert_eq!(
        Notification::of(&east, "e1", "store/product/updated", data).send(&serving).expect("one").status,
        200
    );
    let body =
        String::from_utf8(Notification::of(&east, "e2", "store/product/updated", data).body).expect("text");
    let stranger = body.replace("stores/east", "stores/north").into_bytes();
    let foreign =
        Notification { body: stranger, ..Notification::of(&east, "e2", "store/product/updated", data) };
    assert_eq!(foreign.send(&serving).expect("an answer").status, 401);

    let health = serving.ask("GET", "/healthz", &[], b"").expect("an answer").json();
    let stores: Vec<&Value> =
        health["stores"].as_array().expect("stores").iter().map(|store| &store["store"]).collect();
    assert_eq!(stores, [&json!("east"), &json!("west")]);
    serving.stop(&baxter);
}
