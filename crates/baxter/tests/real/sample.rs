//! The small cut of the real data set: every stream equal, every count and the sum of all orders as the
//! conversion counted them.

use std::path::Path;
use std::process::Command;

use baxter_testkit::{Exact, STREAMS, TestBaxter, TestStore, assert_equal};
use serde_json::Value;
use tempfile::TempDir;

use crate::PROGRAM;

#[test]
fn the_real_data_set_is_mirrored_to_the_cent() {
    let Some(sample) = crate::data("sample") else { return };
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: python3, which converts the data set, is not installed");
        return;
    }
    let folder = TempDir::new().expect("a folder for the import");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/real-data");
    let run = Command::new(&script).arg("--sample").arg(&sample).arg(folder.path()).output();
    let run = run.unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let summary = std::fs::read_to_string(folder.path().join("summary.json")).expect("a summary");
    let summary: Value = serde_json::from_str(&summary).expect("a summary in JSON");

    let import = folder.path().to_str().expect("a plain path");
    let store = TestStore::start(PROGRAM, &["--import", import]);
    let baxter = TestBaxter::new(PROGRAM, &store);
    baxter.run(&["sync"]).success();

    assert_equal(&store, &baxter);
    let counts = summary["counts"].as_object().expect("counts");
    for stream in STREAMS.iter().filter(|stream| **stream != "store") {
        assert_eq!(Some(baxter.digest(stream).count), counts[*stream].as_u64(), "records of {stream}");
    }
    let rows = baxter.query("select count(*), decimal_sum(total_inc_tax) from orders");
    let row = rows[0].as_object().expect("a row is an object");
    let exact = |text: &Value| text.as_str().and_then(|text| text.parse::<Exact>().ok()).expect("an amount");
    assert_eq!(row["count(*)"], counts["orders"]);
    assert_eq!(exact(&row["decimal_sum(total_inc_tax)"]), exact(&summary["total_inc_tax"]));
}
