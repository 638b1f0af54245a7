//! Errors that a person can act on: what failed, where, and what to do.

use std::io::{Read, Write};
use std::process::Command;

use baxter_testkit::{CANARY, TestBaxter};

use crate::program::{PROGRAM, snapshot, store, told, told_of};

fn with(baxter: &TestBaxter, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let mut command = baxter.command(arguments);
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    assert!(!told(&output).contains(CANARY));
    told(&output)
}

#[test]
fn wrong_connection() {
    let (_store, baxter) = store(&[]);
    let cases = [
        ("a wrong token", &[("BAXTER_TOKEN", "wrong0token")][..]),
        ("another store", &[("BAXTER_STORE_HASH", "otherstore")]),
        ("no hash at all", &[("BAXTER_STORE_HASH", "")]),
        ("no token at all", &[("BAXTER_TOKEN", "")]),
        ("a hash that is none", &[("BAXTER_STORE_HASH", "not/a/hash")]),
        ("a token that is none", &[("BAXTER_TOKEN", "two words")]),
        ("nobody listens", &[("BAXTER_API_URL", "http://127.0.0.1:1")]),
        ("a path too much", &[("BAXTER_API_URL", "http://127.0.0.1:1/stores/x")]),
        ("an unencrypted way", &[("BAXTER_API_URL", "http://api.bigcommerce.com")]),
    ];
    for command in [&["get", "brands"][..], &["doctor"], &["sync", "brands", "--quiet", "-o", "jsonl"]] {
        let said: Vec<String> = cases
            .iter()
            // A sync is patient, and this is about words.
            .filter(|(name, _)| !(command[0] == "sync" && *name == "nobody listens"))
            .map(|(name, variables)| format!("# {name}\n{}", with(&baxter, variables, command)))
            .collect();
        let said = said.join("\n").replace("wrong0token", "[TOKEN]");
        assert!(!said.contains("two words"), "{said}");
        snapshot!(format!("connection-{}", command[0]), without_seconds(&said));
    }
}

/// Every failure says what to do next.
#[test]
fn what_to_do_next() {
    let (_store, baxter) = store(&[]);
    let write = |name: &str, text: &str| {
        std::fs::create_dir_all(baxter.folder().join("flows")).unwrap();
        std::fs::write(baxter.folder().join(name), text).unwrap();
    };
    write("stock.csv", "sku;quantity\nA;1\n");
    write("stock.plan", "{}\n");
    write("flows/first.toml", "on = [\"brands\"]\n[to]\ntype = \"file\"\npath = \"out/brands.jsonl\"\n");
    let mut said = Vec::new();
    let mut say = |variables: &[(&str, &str)], arguments: &[&str]| {
        said.push(format!("$ baxter {}\n{}", arguments.join(" "), with(&baxter, variables, arguments)));
    };
    say(&[], &["verify"]);
    say(&[], &["sweep", "products"]);
    say(&[], &["flows", "check"]);
    say(&[("BAXTER_TOKEN", ""), ("BAXTER_TOKEN_FILE", "no/such/token")], &["get", "brands"]);
    say(&[], &["plan", "inventory", "missing.csv"]);
    say(&[], &["plan", "inventory", "stock.csv"]);
    say(&[], &["apply", "missing.plan"]);
    say(&[], &["apply", "stock.plan"]);
    baxter.run(&["sync", "store", "--quiet"]).success();
    say(&[], &["flows", "check"]);
    say(&[], &["flows", "check", "frist"]);
    say(&[], &["flows", "retry", "--flow", "frist"]);
    say(&[], &["flows", "drop", "--flow", "ledger"]);
    say(&[], &["flows", "drop"]);
    say(&[], &["flows", "dead", "--flow", "ledger"]);
    say(&[], &["flows", "dead", "--flow", "ledger", "--flows", "nowhere"]);
    say(&[], &["flows", "retry", "--id", "77"]);
    say(&[], &["flows", "retry", "--flow", "first"]);
    snapshot!("what-to-do-next", said.join("\n"));
}

#[test]
fn hooks_that_may_not_be_changed_are_told_as_that() {
    let (_store, baxter) = store(&[]);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let refusing = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let body = r#"{"status":403,"title":"You don't have a required scope to access the endpoint"}"#;
        let mut head = [0; 4096];
        assert!(connection.read(&mut head).unwrap() > 0);
        let length = body.len();
        write!(
            connection,
            "HTTP/1.1 403 Forbidden\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
        .unwrap();
    });
    let arguments = ["hooks", "sync", "--destination", "http://127.0.0.1:9/webhooks"];
    snapshot!("hooks-refused", with(&baxter, &[("BAXTER_API_URL", &url)], &arguments));
    refusing.join().unwrap();
}

/// A sync's own durations differ from run to run.
fn without_seconds(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = match line.split_once("\"seconds\":") {
            Some((before, after)) => {
                let rest = after.find(',').map_or("", |at| &after[at..]);
                format!("{before}\"seconds\":0{rest}")
            }
            None => line.to_owned(),
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[test]
fn streams_without_scope_are_passed_over_with_a_line_and_fail_when_asked_for() {
    let (_store, baxter) = store(&["--scopes", "store_v2_products_read_only,store_v2_information"]);
    let output = baxter.run(&["sync", "-o", "json"]).success();
    let report = output.json();
    assert_eq!(report["complete"], true, "what was never mirrored is not missed");
    let skipped = |name: &str| {
        let streams = report["streams"].as_array().unwrap();
        streams.iter().find(|stream| stream["stream"] == name).unwrap()["skipped"].is_string()
    };
    assert!(skipped("orders") && skipped("customers") && !skipped("products") && !skipped("store"));
    let told = "orders: skipped: the token lacks the scope store_v2_orders_read_only";
    assert_eq!(output.stderr.lines().filter(|line| *line == told).count(), 1, "{output}");
    let output = baxter.run(&["sync", "orders", "-o", "json"]).failure(1);
    let get = baxter.run(&["get", "orders"]).failure(1);
    assert!(output.stderr.contains("`store_v2_orders_read_only`"), "{output}");
    snapshot!("scope-missing", told_of(&get));
}

#[test]
fn a_scope_that_is_taken_away_is_missed() {
    let (_all, baxter) = store(&[]);
    baxter.run(&["sync", "--quiet"]).success();
    let (less, _) = store(&["--scopes", "store_v2_products_read_only,store_v2_information"]);
    let with_less = [("BAXTER_API_URL", less.url())];
    let sync = baxter.run_with(&with_less, &["sync", "customer*", "brands", "-o", "json"]).failure(1);
    assert_eq!(sync.json()["complete"], false);
    let refused = "error[scope-missing]: stream `customers` was mirrored before, and now the token lacks the scope \
                   store_v2_customers_read_only";
    assert!(sync.stderr.contains(refused), "{sync}");
    assert!(
        sync.stderr.contains("hint: give its API account the scope `store_v2_customers_read_only`, or "),
        "{sync}"
    );
    for command in ["verify", "sweep"] {
        let report =
            baxter.run_with(&with_less, &[command, "customer_g*", "brand?", "-o", "json"]).failure(1).json();
        assert_eq!(
            (&report["complete"], &report["equal"], &report["proved"]),
            (&false.into(), &false.into(), &1.into())
        );
        assert_eq!(report["streams"].as_array().unwrap().len(), 2, "{report}");
    }
    let status = baxter.run(&["status", "-o", "json"]).success().json();
    let customers =
        status["streams"].as_array().unwrap().iter().find(|stream| stream["stream"] == "customers").unwrap();
    assert_eq!((&customers["skipped"], customers["refused"].is_string()), (&serde_json::Value::Null, true));
}

#[test]
fn a_proof_of_nothing_is_none() {
    let (_store, baxter) = store(&["--scopes", "store_v2_products_read_only,store_v2_information"]);
    baxter.run(&["sync", "--quiet"]).success();
    for command in ["verify", "sweep"] {
        // Patterns pass over what cannot be read; names insist.
        let output = baxter.run(&[command, "customer*", "-o", "json"]).failure(1);
        let report = output.json();
        assert_eq!((&report["complete"], &report["equal"]), (&false.into(), &false.into()), "{output}");
        assert_eq!(report["proved"], 0);
        assert!(report["skipped"][0]["why"].as_str().unwrap().contains("scope"), "{output}");
        assert!(output.stderr.contains("error[nothing-proved]: nothing was "), "{output}");
        let insisted = baxter.run(&[command, "customers", "brands", "-o", "json"]).failure(1).json();
        assert_eq!((&insisted["complete"], &insisted["proved"]), (&false.into(), &1.into()));
    }
    let table = baxter.run(&["verify", "brands", "customer_g*"]).failure(1);
    assert!(table.stdout.contains("not complete: "), "{table}");
    let some = baxter.run(&["verify", "brand?", "customer_g*"]).success();
    assert!(some.stdout.contains("customer_groups is not compared: the token lacks the scope"), "{some}");
    assert!(some.stdout.contains("\nequal: "), "{some}");
}

#[test]
fn the_data_directory() {
    let (_store, baxter) = store(&[]);
    let nothing = told_of(&baxter.run(&["query", "select 1"]).failure(1));
    baxter.run(&["sync", "brands", "store", "--quiet"]).success();
    let other = with(&baxter, &[("BAXTER_STORE_HASH", "otherstore")], &["sync", "brands"]);
    // Somebody else holds the lock, as a second sync would.
    let lock =
        std::fs::File::options().read(true).write(true).open(baxter.folder().join("data/lock")).unwrap();
    lock.lock().unwrap();
    let locked = told_of(&baxter.run(&["sync", "brands"]).failure(1));
    baxter.run(&["query", "select count(*) from brands"]).success();
    drop(lock);
    std::fs::write(baxter.folder().join("file"), "").unwrap();
    let file = with(&baxter, &[("BAXTER_DATA_DIR", "file/data")], &["sync", "brands"]);
    snapshot!(
        "data-directory",
        format!(
            "# nothing there\n{nothing}\n# of another store\n{other}\n# locked\n{locked}\n# a file\n{file}"
        )
    );
}

#[test]
fn statements() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "brands", "--quiet"]).success();
    let said: Vec<String> = [
        "select * from brand",
        "select * from invoices",
        "select nmae from brands",
        "selct 1",
        "delete from brands",
        "pragma journal_mode = delete",
        "attach 'x' as y",
        "select 1; select 2",
        "",
    ]
    .iter()
    .map(|sql| format!("$ {sql}\n{}", told_of(&baxter.run(&["query", sql]))))
    .collect();
    snapshot!("statements", said.join("\n"));
}

#[test]
fn a_closed_pipe_is_silent() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "--quiet"]).success();
    let sql = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n";
    for format in ["table", "csv", "jsonl"] {
        let script = format!("\"{PROGRAM}\" query '{sql}' -o {format} | head -n 3");
        let template = baxter.command(&[]);
        let mut command = Command::new("bash");
        command.args(["-c", &format!("set -o pipefail; {script}")]).env_clear().current_dir(baxter.folder());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 3);
        assert!(output.stderr.is_empty(), "{}", told(&output));
    }
}

#[test]
fn an_endless_query_ends_with_ctrl_c() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "store", "--quiet"]).success();
    let sql = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n";
    let mut running = baxter.spawn(&["query", sql, "-v"]);
    let caught = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap_or_default();
        let mask =
            status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0").trim().to_owned();
        u64::from_str_radix(&mask, 16).is_ok_and(|mask| mask & 0b10 != 0)
    };
    // Before the program watches for the signal it would just be killed by it.
    assert!(baxter_testkit::wait_until(std::time::Duration::from_secs(30), caught));
    let stopped = Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(running.wait(std::time::Duration::from_secs(20)).code(), Some(130), "{}", running.report());
}

#[test]
fn a_full_disk_under_the_output_is_told() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "--quiet"]).success();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output =
        baxter.command(&["query", "select raw from products", "-o", "csv"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("error[disk-full]"), "{}", told(&output));
}
