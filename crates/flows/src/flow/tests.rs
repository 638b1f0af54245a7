//! What is refused in a flow's file, and how it is shown.

use std::path::Path;
use std::time::Duration;

use super::*;

const TO: &str = "to = { type = \"file\", path = \"x\" }\n";

fn problems(text: &str) -> Vec<String> {
    match parse(Path::new("flows/x.toml"), text, Path::new("/base")) {
        Ok(flow) => panic!("it was taken: {flow:?}"),
        Err(problems) => problems.0.iter().map(ToString::to_string).collect(),
    }
}

fn flow(text: &str) -> Flow {
    parse(Path::new("flows/x.toml"), text, Path::new("/base")).unwrap_or_else(|found| panic!("{found}"))
}

#[test]
fn what_is_not_said_has_a_default() {
    let flow = flow(&format!("on = [\"orders.created\", \"brands\"]\n{TO}"));
    assert_eq!((flow.name.as_str(), flow.once, flow.start), ("x", false, Start::Beginning));
    assert_eq!(flow.streams(), ["brands", "orders"]);
    assert!(flow.concerns("orders", "created") && !flow.concerns("orders", "updated"));
    assert!(flow.concerns("brands", "deleted") && !flow.concerns("products", "created"));
    assert_eq!(flow.retry, Retry::default());
    let Destination::File(file) = flow.to else { panic!() };
    assert_eq!((file.path.to_str(), file.format), (Some("/base/x"), Format::Jsonl));
}

#[test]
fn all_of_a_destination_can_be_said() {
    let flow = flow(
        r#"
name = "push-1"
on = ["orders"]
once = true
start = "now"
retry = { attempts = 3, base = "250ms", max = "1m" }
[to]
type = "http"
url = "https://api.example.com/orders"
method = "PUT"
headers = { x-source = "baxter" }
auth = { basic = { user = "shop", password = { env = "PATH" } } }
timeout = "5s"
concurrency = 2
"#,
    );
    assert_eq!((flow.retry.attempts, flow.retry.base), (3, Duration::from_millis(250)));
    let Destination::Http(http) = flow.to else { panic!() };
    assert_eq!((http.method.as_str(), http.timeout, http.concurrency), ("PUT", Duration::from_secs(5), 2));
    assert!(matches!(http.auth, Some(Auth::Basic { user, .. }) if user == "shop"));
}

#[test]
fn problems_name_file_line_and_what_is_allowed() {
    let found = problems(&format!("on = [\"orders\"]\nwher = \".\"\n{TO}"));
    assert!(
        found[0].starts_with("flows/x.toml:2:1: unknown field `wher`, expected one of `name`, `on`"),
        "{found:?}"
    );
    assert!(found[0].contains("; did you mean `where`?\n"), "{found:?}");
    assert!(found[0].ends_with("2 | wher = \".\"\n    | ^^^^"), "{found:?}");
    let found = problems("on = [\"orders\"]\nto = { type = \"htpt\", url = \"https://x/\" }");
    assert!(
        found[0].contains("unknown variant `htpt`, expected `http` or `file`; did you mean `http`?"),
        "{found:?}"
    );
    let found = problems("on = [\"orders\"]\nto = { type = \"file\", paht = \"x\" }");
    assert!(found[0].contains("; did you mean `path`?"), "{found:?}");
    // Nothing is near: what there is must do.
    let found = problems(&format!("on = [\"orders\"]\nzzzzzz = 1\n{TO}"));
    assert!(found[0].contains("unknown field `zzzzzz`") && !found[0].contains("did you mean"), "{found:?}");

    let found = problems(&format!("on = [\"order\"]\n{TO}"));
    assert!(
        found[0].starts_with("flows/x.toml:1:7: there is no stream `order`; did you mean `orders`?"),
        "{found:?}"
    );
    let found = problems(&format!("on = [\"invoices\"]\n{TO}"));
    assert!(found[0].contains("there is no stream `invoices`; there are products,"), "{found:?}");
    let found = problems(&format!("on = [\"orders.creatd\"]\n{TO}"));
    assert!(found[0].contains("did you mean `orders.created`?"), "{found:?}");
    let found = problems(&format!("on = [\"orders.paid\"]\n{TO}"));
    assert!(found[0].contains("a change is one of created, updated, deleted"), "{found:?}");
}

#[test]
fn jq_is_shown_at_its_place() {
    let found = problems(&format!("on = [\"orders\"]\nmap = '''\n.record\n| nope\n'''\n{TO}"));
    assert!(found[0].starts_with("flows/x.toml:4:3: `map`: there is no filter `nope`"), "{found:?}");
    let found = problems(&format!("on = [\"orders\"]\nwhere = \".a | env.HOME\"\n{TO}"));
    assert!(found[0].starts_with("flows/x.toml:2:15: `where`: `env` is not available"), "{found:?}");
    // Where escapes make text and value differ, the whole value is pointed at.
    let found = problems(&format!("on = [\"orders\"]\nwhere = \"\\\"a\\\" | env\"\n{TO}"));
    assert!(found[0].starts_with("flows/x.toml:2:9: "), "{found:?}");
}

#[test]
fn all_problems_are_shown_at_once() {
    let found = problems(
        "name = \"a b\"\non = [\"x\", \"orders.y\"]\nwhere = \"(\"\nmap = \"nope\"\nto = { type = \"http\", url = \"ftp://x/\", path = \"y\" }",
    );
    assert_eq!(found.len(), 7, "{found:#?}");
}

#[test]
fn destinations_are_checked() {
    for (to, reason) in [
        ("type = \"smtp\"", "unknown variant `smtp`, expected `http` or `file`"),
        ("type = \"http\"", "needs `url`"),
        ("type = \"file\"", "needs `path`"),
        (
            "type = \"file\", path = \"x\", url = \"https://x/\"",
            "`url` is nothing of a destination of type \"file\"",
        ),
        (
            "type = \"file\", path = \"x\", format = \"csv\"",
            "unknown variant `csv`, expected `jsonl` or `text`",
        ),
        ("type = \"file\", path = \"x\", format = \"text\"", "needs a `map`"),
        ("type = \"http\", url = \"http://example.com/\"", "http is for this machine only"),
        ("type = \"http\", url = \"http://localhost.example.com/\"", "http is for this machine only"),
        ("type = \"http\", url = \"https://u:p@example.com/\"", "a URL holds no credentials"),
        ("type = \"http\", url = \"https://x/\", method = \"GET\"", "`method` is one of POST"),
        ("type = \"http\", url = \"https://x/\", timeout = \"soon\"", "no length of time"),
        ("type = \"http\", url = \"https://x/\", timeout = \"-5s\"", "no length of time"),
        ("type = \"http\", url = \"https://x/\", concurrency = 0", "`concurrency` is 1 to 64"),
        (
            "type = \"http\", url = \"https://x/\", headers = { \"a b\" = \"c\" }",
            "no header that can be sent",
        ),
        ("type = \"http\", url = \"https://x/\", headers = { Authorization = \"c\" }", "belong into `auth`"),
        (
            "type = \"http\", url = \"https://x/\", auth = { bearer = { env = \"BAXTER_NOT_SET\" } }",
            "is not set",
        ),
        ("type = \"http\", url = \"https://x/\", auth = { bearer = { file = \"none\" } }", "/base/none"),
        ("type = \"http\", url = \"https://x/\", auth = { bearer = {} }", "a secret is either"),
        ("type = \"http\", url = \"https://x/\", auth = {}", "one of `bearer`, `basic`, `header`"),
        (
            "type = \"http\", url = \"https://x/\", auth = { bearer = \"s3cr3t-canary\" }",
            "names where a secret is",
        ),
    ] {
        let found = problems(&format!("on = [\"orders\"]\nto = {{ {to} }}"));
        assert!(found.len() == 1 && found[0].contains(reason), "{to}: {found:#?}");
        assert!(!found[0].contains("canary"), "{found:#?}");
    }
    for url in ["http://127.0.0.1:8/x", "http://[::1]/x", "http://localhost/x", "https://example.com/x"] {
        flow(&format!("on = [\"orders\"]\nto = {{ type = \"http\", url = \"{url}\" }}"));
    }
}

#[test]
fn retry_is_checked() {
    for (retry, reason) in [
        ("attempts = 0", "1 to 1000 attempts"),
        ("base = \"1m\", max = \"1s\"", "`max` is at least `base`"),
        ("base = 5", "expected a string"),
        ("times = 5", "unknown field `times`"),
    ] {
        let found = problems(&format!("on = [\"orders\"]\nretry = {{ {retry} }}\n{TO}"));
        assert!(found[0].contains(reason), "{retry}: {found:#?}");
    }
}

#[test]
fn a_folder_is_read_whole() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    assert!(load(&dir.path().join("none"), dir.path()).unwrap().is_empty());
    put("b.toml", &format!("on = [\"orders\"]\n{TO}"));
    put("a.toml", "on = [\"orders\"]\nto = { type = \"file\", path = \"y\" }");
    put("README.md", "no flow");
    let names: Vec<String> =
        load(dir.path(), dir.path()).unwrap().into_iter().map(|flow| flow.name).collect();
    assert_eq!(names, ["a", "b"]);

    put("c.toml", &format!("name = \"a\"\non = [\"orders\"]\n{TO}"));
    put("d.toml", &format!("on = [\"orders\"]\n{TO}"));
    put("e.toml", "on = [");
    let found = load(dir.path(), dir.path()).unwrap_err().to_string();
    assert!(found.contains("c.toml: the name `a` is taken by"), "{found}");
    assert!(found.contains("d.toml:") && found.contains("is written by"), "{found}");
    assert!(found.contains("e.toml:1:"), "{found}");
}
