//! No secret appears in what `serve` writes, however much it is made to say.

use std::time::Duration;

use baxter_testkit::{CANARY, SECRET, Serving, free_port};

use crate::signed::Notification;
use crate::{settle, start};

const LOUD: [(&str, &str); 4] =
    [("BAXTER_LOG", "trace"), ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "1"), ("BAXTER_FLOW_SECRET", FLOW)];

/// What the flow's destination would want to see.
const FLOW: &str = "canary0flow0never0to0be0printed";

/// A flow whose destination does not exist, so that its errors are told.
const NOWHERE: &str = r#"
on = ["products"]
retry = { attempts = 3, base = "10ms", max = "20ms" }
[to]
type = "http"
url = "http://127.0.0.1:9/"
auth = { bearer = { env = "BAXTER_FLOW_SECRET" } }
"#;

#[test]
fn none_is_printed_stored_or_measured() {
    let (store, baxter) = start(&["--products", "30", "--customers", "20", "--orders", "20"]);
    std::fs::create_dir(baxter.folder().join("flows")).expect("a folder");
    std::fs::write(baxter.folder().join("flows/nowhere.toml"), NOWHERE).expect("a flow");
    let port = free_port();
    let serving = Serving::start_with(&baxter, port, &LOUD, &[]);
    baxter.run_with(&LOUD, &["hooks", "sync", "--destination", &serving.destination()]).success();
    baxter.run_with(&LOUD, &["hooks", "list"]).success();
    store.mutate_any(30, 6, &["create", "update", "delete"]);
    store.wait_until_all_is_told(Duration::from_secs(30));
    let forged = Notification { key: "x".to_owned(), ..Notification::of(&store, "f", "store/x", "{}") };
    assert_eq!(forged.send(&serving).expect("an answer").status, 401);
    settle(&baxter);
    for path in ["/metrics", "/healthz", "/webhooks", "/nothing"] {
        let answer = serving.ask("GET", path, &[], b"").expect("an answer");
        let said = format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body));
        for secret in [CANARY, SECRET, FLOW] {
            assert!(!said.contains(secret), "{path} shows a secret: {said}");
        }
    }
    for arguments in
        [&["flows", "dead", "-o", "json"][..], &["flows", "check"], &["wait", "--settled", "-o", "json"]]
    {
        baxter.run_with(&LOUD, arguments);
    }
    let ended = serving.stop(&baxter);
    assert!(ended.stderr.len() > 10_000, "it was made to talk: {ended}");
    let refused = [LOUD[0], LOUD[1], ("BAXTER_CLIENT_SECRET", "")];
    baxter.run_with(&refused, &["serve", "--listen", "127.0.0.1:0"]).failure(1);
    // The databases and every captured output: the folder of this Baxter.
    for secret in [CANARY, SECRET, FLOW] {
        assert_eq!(baxter.files_containing(secret), Vec::<String>::new());
    }
}
