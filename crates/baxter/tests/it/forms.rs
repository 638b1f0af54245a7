//! `-o`: every answer comes in the form that was asked for, or the command says that it has none.

use baxter_engine::model::stream;

use crate::program::{PROGRAM, run, run_in, snapshot, store, told, told_of};

/// `-o csv` and `-o jsonl` were once passed over in silence where an answer has no rows.
#[test]
fn an_answer_without_rows_comes_in_the_form_asked_for() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "brands", "--quiet"]).success();
    std::fs::create_dir_all(baxter.folder().join("flows")).unwrap();
    let flow =
        "on = [\"brands\"]\nmap = \".record.id\"\n[to]\ntype = \"file\"\npath = \"out/brands.jsonl\"\n";
    std::fs::write(baxter.folder().join("flows/first.toml"), flow).unwrap();
    let hooks = ["hooks", "sync", "--destination", "http://127.0.0.1:9/webhooks", "--dry-run"];
    let cases: [(&[&str], &str); 6] = [
        (&["trigger", "store/product/updated"], "data,scope\n"),
        (&["export", "brands", "--to", "brands.csv"], "stream,file,rows,lost\n"),
        (&["flows", "check"], "flow,file,seq,stream,key,outcome,outputs,error\nfirst,flows/first.toml,"),
        (&["flows", "retry"], "dead_letters\n0\n"),
        (&["flows", "dead"], "id,flow,stream,key,kind,attempts,last_at,error\n"),
        (&hooks, "action,scope,hook\ncreate,store/"),
    ];
    for (arguments, header) in cases {
        let csv = baxter.run(&[arguments, &["-o", "csv"]].concat()).success().stdout;
        assert!(csv.starts_with(header), "{arguments:?}: {csv}");
        let lines = baxter.run(&[arguments, &["-o", "jsonl"]].concat()).success().stdout;
        for line in lines.lines() {
            assert!(line.starts_with('{') && line.ends_with('}'), "{arguments:?}: {lines}");
            serde_json::from_str::<serde_json::Value>(line)
                .unwrap_or_else(|error| panic!("{error}: {lines}"));
        }
        assert_eq!(lines.is_empty(), arguments == ["flows", "dead"], "{arguments:?}: {lines}");
    }
}

#[test]
fn a_form_that_a_command_does_not_have_is_refused_and_a_variable_is_not_asking_for_it() {
    let cases: [&[&str]; 8] = [
        &["init", "-o", "json"],
        &["completions", "bash", "-o", "jsonl"],
        &["demo", "-o", "json"],
        &["sim", "-o", "json"],
        &["serve", "-o", "csv"],
        &["api", "GET", "/v3/catalog/products", "-o", "csv"],
        &["api", "GET", "/v3/catalog/products", "-o", "table"],
        &["listen", "-o", "csv"],
    ];
    let said: Vec<String> = cases
        .iter()
        .map(|arguments| format!("$ baxter {}\n{}", arguments.join(" "), told(&run(arguments))))
        .collect();
    snapshot!("forms-refused", said.join("\n"));
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(PROGRAM)
        .env_clear()
        .env("BAXTER_OUTPUT", "csv")
        .current_dir(folder.path())
        .args(["completions", "fish"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert!(run_in(folder.path(), &["init", "--print"]).status.success());
}

/// A stream that is switched off once looked like one of which the store has nothing.
#[test]
fn a_stream_that_was_never_read_is_not_taken_for_an_empty_one() {
    let (_store, baxter) = store(&[]);
    baxter.run(&["sync", "--quiet"]).success();
    let said: Vec<String> = [
        &["query", "select count(*) from order_transactions t join orders o on o.id = t.order_id", "-q"][..],
        &["digest", "order_transactions", "-o", "json"],
        &["export", "order_transactions", "--to", "out.csv"],
        &["changes", "--stream", "order_transactions", "-o", "jsonl"],
    ]
    .iter()
    .map(|arguments| format!("$ baxter {}\n{}", arguments.join(" "), told_of(&baxter.run(arguments))))
    .collect();
    snapshot!("never-read", said.join("\n"));

    // What was read says nothing, also where the store has no record of it, nor does a name that is only a word.
    let on = baxter.run(&["streams", "-o", "json"]).success().json();
    let skipped = baxter.run(&["status", "-o", "json"]).success().json();
    let is_skipped = |name: &str| {
        let streams = skipped["streams"].as_array().unwrap();
        streams.iter().any(|stream| stream["stream"] == name && stream["skipped"].is_string())
    };
    let names: Vec<&str> = stream::all().iter().map(|stream| stream.name.as_str()).collect();
    let read: Vec<&&str> = names
        .iter()
        .filter(|name| {
            on.as_array().unwrap().iter().any(|stream| stream["stream"] == ***name && stream["on"] == true)
        })
        .filter(|name| !is_skipped(name))
        .collect();
    assert!(read.len() > 20, "{read:?}");
    let counts: Vec<String> =
        read.iter().map(|name| format!("(select count(*) from {name}) as {name}")).collect();
    let output = baxter.run(&["query", &format!("select {}", counts.join(", ")), "-o", "json"]).success();
    assert_eq!(output.stderr, "");
    let output = baxter.run(&["query", "select 'order_transactions' as order_transactions"]).success();
    assert_eq!(output.stderr, "");
    // A sync of it by name, and there is nothing to warn of any more.
    baxter.run(&["sync", "order_transactions", "--quiet"]).success();
    assert_eq!(baxter.run(&["digest", "order_transactions"]).success().stderr, "");
}
