//! What `baxter export` writes is what the mirror holds, in every form, to the last digit.

use std::fs::{self, File};

use baxter_testkit::{Exact, STREAMS, TestBaxter};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

use crate::start;

fn export(baxter: &TestBaxter, stream: &str, end: &str) -> std::path::PathBuf {
    let name = format!("{stream}.{end}");
    let told = baxter.run(&["export", stream, "--to", &name, "-o", "json"]).success().json();
    let rows = baxter.digest(stream).count;
    assert_eq!(told, json!({"stream": stream, "file": name, "rows": rows, "lost": {}}));
    baxter.folder().join(name)
}

#[test]
fn every_stream_in_every_form() {
    let (_store, baxter) = start(&["--products", "120", "--customers", "60", "--orders", "80"]);
    baxter.run(&["sync"]).success();
    for stream in STREAMS {
        let count = usize::try_from(baxter.digest(stream).count).expect("a number of rows");
        let lines = fs::read_to_string(export(&baxter, stream, "jsonl")).expect("a file");
        let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let csv = fs::read(export(&baxter, stream, "csv")).expect("a file");
        let records =
            csv::Reader::from_reader(csv.as_slice()).into_records().map(|record| record.expect("a record"));
        let table =
            SerializedFileReader::new(File::open(export(&baxter, stream, "parquet")).expect("a file"));
        let table = table.expect("a Parquet file");
        let columns: Vec<String> = table
            .metadata()
            .file_metadata()
            .schema_descr()
            .columns()
            .iter()
            .map(|c| c.name().to_owned())
            .collect();
        assert_eq!((rows.len(), records.count()), (count, count), "{stream}");
        assert_eq!(
            table.metadata().file_metadata().num_rows(),
            i64::try_from(count).expect("rows"),
            "{stream}"
        );
        let members: Vec<String> = rows[0].as_object().expect("an object").keys().cloned().collect();
        assert_eq!(
            {
                let mut c = columns;
                c.sort();
                c
            },
            {
                let mut m = members;
                m.sort();
                m
            },
            "{stream}"
        );
    }
}

#[test]
fn amounts_times_and_truths_are_typed() {
    let (_store, baxter) = start(&["--products", "120", "--customers", "60", "--orders", "80"]);
    baxter.run(&["sync"]).success();
    let total = &baxter.query("select decimal_sum(total_inc_tax) as total from orders")[0]["total"];
    let total: Exact = total.as_str().expect("text").parse().expect("an amount");

    let lines = fs::read_to_string(export(&baxter, "orders", "jsonl")).expect("a file");
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let amount = |text: &str| text.parse::<Exact>().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        rows.iter().map(|row| amount(row["total_inc_tax"].as_str().expect("text"))).sum::<Exact>(),
        total
    );
    assert!(rows.iter().all(|row| row["is_tax_inclusive_pricing"].is_boolean()), "{}", rows[0]);

    let table = SerializedFileReader::new(File::open(export(&baxter, "orders", "parquet")).expect("a file"));
    let mut totals = Vec::new();
    for (row, known) in table.expect("a Parquet file").get_row_iter(None).expect("rows").zip(&rows) {
        for (name, field) in row.expect("a row").get_column_iter() {
            match (name.as_str(), field) {
                ("id", Field::Long(id)) => assert_eq!(known["id"], *id),
                ("total_inc_tax", Field::Decimal(digits)) => {
                    let digits = i128::from_be_bytes(digits.data().try_into().expect("sixteen bytes"));
                    totals.push(amount(&format!(
                        "{}.{:010}",
                        digits / 10_000_000_000,
                        digits % 10_000_000_000
                    )));
                }
                ("date_created", Field::TimestampMicros(at)) => {
                    let time: jiff::Timestamp =
                        known["date_created"].as_str().expect("text").parse().expect("a time");
                    assert_eq!(time.as_microsecond(), *at);
                }
                ("is_tax_inclusive_pricing", field) => assert!(matches!(field, Field::Bool(_)), "{field:?}"),
                ("id" | "total_inc_tax" | "date_created", other) => panic!("{name} is {other:?}"),
                _ => {}
            }
        }
    }
    assert_eq!(totals.len(), rows.len());
    assert_eq!(totals.into_iter().sum::<Exact>(), total);

    let with_raw = baxter.run(&["export", "orders", "--raw", "--to", "raw.jsonl"]).success();
    assert!(with_raw.stdout.starts_with("80 rows of orders in raw.jsonl"), "{with_raw}");
    let first = fs::read_to_string(baxter.folder().join("raw.jsonl")).expect("a file");
    let first: Value = serde_json::from_str(first.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["raw"]["id"], first["id"]);
}

#[test]
fn the_file_is_for_its_owner_alone_and_on_the_disk_before_it_has_its_name() {
    use std::os::unix::fs::PermissionsExt;
    let (_store, baxter) = start(&["--products", "20", "--customers", "10", "--orders", "10"]);
    baxter.run(&["sync", "customers"]).success();
    let file = baxter.folder().join("customers.csv");
    fs::write(&file, "older").expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("a mode");
    let mode = || fs::metadata(&file).expect("a file").permissions().mode() & 0o777;
    export(&baxter, "customers", "csv");
    assert_eq!(mode(), 0o600);

    let trace = baxter.folder().join("trace");
    let traces = std::process::Command::new("strace").args(["-o", "/dev/null", "true"]).status();
    if !traces.is_ok_and(|status| status.success()) {
        eprintln!("skipped: there is no strace, or this process may not trace");
        return;
    }
    let plain = baxter.command(&["export", "customers", "--to", "customers.csv"]);
    let mut command = std::process::Command::new("strace");
    command.args(["-f", "-y", "-e", "trace=fsync,rename,renameat,renameat2", "-o"]).arg(&trace);
    command.arg(plain.get_program()).args(plain.get_args()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let done = command.current_dir(baxter.folder()).output().expect("a traced run");
    assert!(done.status.success(), "{done:?}");
    let trace = fs::read_to_string(trace).expect("a trace");
    let of_folder = format!("{}>", baxter.folder().display());
    let calls: Vec<&str> = trace
        .lines()
        .filter_map(|line| match line {
            _ if line.contains("rename") && line.contains("customers.csv") => Some("rename"),
            _ if line.contains("fsync") && line.contains(&of_folder) => Some("folder"),
            _ if line.contains("fsync") && !line.contains("/data/") => Some("file"),
            _ => None,
        })
        .collect();
    assert_eq!(calls, ["file", "rename", "folder"], "{trace}");
}

#[test]
fn a_file_that_cannot_be_written_is_told_and_nothing_is_left() {
    let (_store, baxter) = start(&["--products", "20", "--customers", "10", "--orders", "10"]);
    let missing = baxter.run(&["export", "orders", "--to", "orders.csv"]).failure(1);
    assert!(missing.stderr.contains("error[mirror-missing]"), "{missing}");
    baxter.run(&["sync"]).success();
    let unknown = baxter.run(&["export", "orders", "--to", "orders.xlsx"]).failure(64);
    assert!(unknown.stderr.contains(".parquet, .csv or .jsonl"), "{unknown}");
    let nowhere = baxter.run(&["export", "orders", "--to", "no/such/orders.csv"]).failure(1);
    assert!(nowhere.stderr.contains("error[file]"), "{nowhere}");
    baxter.run(&["export", "ordres", "--to", "orders.csv"]).failure(64);
    let left: Vec<_> = fs::read_dir(baxter.folder())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name != "data" && name != "out")
        .collect();
    assert_eq!(left, Vec::<String>::new());
}
