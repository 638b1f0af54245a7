//! Law 7: no secret appears in any output. Every run of these tests looks for the store's token in its output
//! already (`TestBaxter`); here the program is made to talk as much as it can.

use baxter_testkit::{CANARY, Output};

use crate::start;

const LOUD: [(&str, &str); 3] = [("BAXTER_LOG", "trace"), ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "1")];

#[test]
fn law_7_no_command_prints_or_stores_the_token() {
    let (store, baxter) = start(&[]);
    baxter.run_with(&LOUD, &["sync"]).success();
    for arguments in [
        &["status", "-o", "json"][..],
        &["doctor"],
        &["get", "products", "--limit", "2", "-o", "json"],
        &["api", "GET", "/v2/store", "-i"],
        &["changes", "-o", "jsonl"],
        &["digest", "products", "-o", "json"],
        &["verify", "brands"],
        &["sweep", "brands", "-o", "json"],
        &["sql", "select * from brands"],
        &["export", "brands", "--to", "brands.csv"],
        &["changes", "--reader", "ledger", "-o", "jsonl"],
        &["hooks", "list"],
        &["streams"],
    ] {
        baxter.run_with(&LOUD, arguments).success();
    }
    for arguments in
        [&["api", "GET", "/v3/no/such/path"][..], &["get", "products", "999999999"], &["query", "selec"]]
    {
        let output = baxter.run_with(&LOUD, arguments);
        assert!(!output.status.success(), "{output}");
    }
    // The database, its journal and every captured output: the folder of this Baxter.
    assert_eq!(baxter.files_containing(CANARY), Vec::<String>::new());
    drop(store);
    let output = baxter.run_with(&LOUD, &["sync", "store"]);
    assert!(!output.status.success(), "there is no store any more: {output}");
}

#[test]
fn a_refused_token_is_not_repeated() {
    const REFUSED: &str = "refused0canary0nobody0may0see0it";
    let (_store, baxter) = start(&["--products", "5", "--customers", "5", "--orders", "1"]);
    let variables = [LOUD[0], LOUD[1], ("BAXTER_TOKEN", REFUSED)];
    for arguments in [&["sync"][..], &["doctor"], &["get", "products"], &["api", "GET", "/v2/store"]] {
        let output = baxter.run_with(&variables, arguments);
        assert!(!output.status.success(), "{output}");
        assert!(!shows(&output, REFUSED), "the refused token was printed: {output}");
    }
    assert_eq!(baxter.files_containing(REFUSED), Vec::<String>::new());
}

fn shows(output: &Output, text: &str) -> bool {
    output.stdout.contains(text) || output.stderr.contains(text)
}
