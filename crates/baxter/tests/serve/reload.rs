//! SIGHUP: flows, configuration and certificate are read anew, and no notification is lost in between.

use std::fs;
use std::process::Command;
use std::time::Duration;

use baxter_testkit::{Running, Serving, free_port, wait_until};

use crate::{serve, settle, start};

const SMALL: [&str; 6] = ["--products", "20", "--customers", "10", "--orders", "10"];
const PATIENCE: Duration = Duration::from_secs(60);

const FLOW: &str = r#"
on = ["products"]
start = "now"
map = '"\(.key)"'
to = { type = "file", path = "out/changed.txt", format = "text" }
"#;

fn metrics(serving: &Serving) -> String {
    String::from_utf8(serving.ask("GET", "/metrics", &[], b"").expect("an answer").body).expect("text")
}

#[test]
fn a_flow_is_taken_up_and_a_wrong_one_is_told_and_left() {
    let (store, baxter) = start(&SMALL);
    let (_port, mut serving) = serve(&baxter, &["--poll", "1h"]);
    let flows = baxter.folder().join("flows");
    fs::create_dir(&flows).expect("a folder");
    fs::write(flows.join("wrong.toml"), "on = 7").expect("a file");
    serving.process().hang_up();
    let told = wait_until(PATIENCE, || serving.process().stderr().contains("wrong.toml"));
    assert!(told, "{}", serving.process().report());
    assert_eq!(serving.ask("GET", "/healthz", &[], b"").expect("an answer").status, 200, "it goes on");

    fs::remove_file(flows.join("wrong.toml")).expect("it is there");
    fs::write(flows.join("changed.toml"), FLOW).expect("a file");
    serving.process().hang_up();
    let taken_up = wait_until(PATIENCE, || metrics(&serving).contains("flow=\"changed\""));
    assert!(taken_up, "{}", metrics(&serving));
    settle(&baxter);
    store.mutate(serde_json::json!({"count": 5, "seed": 3, "streams": ["products"], "kinds": ["update"]}));
    store.wait_until_all_is_told(PATIENCE);
    settle(&baxter);
    let changed = fs::read_to_string(baxter.folder().join("out/changed.txt")).expect("the flow's file");
    assert!(changed.lines().count() > 0, "{changed}");
    baxter_testkit::assert_equal(&store, &baxter);

    fs::remove_file(flows.join("changed.toml")).expect("it is there");
    serving.process().hang_up();
    let forgotten = wait_until(PATIENCE, || !metrics(&serving).contains("baxter_flow_lag{"));
    assert!(forgotten, "a flow that is gone still has a lag: {}", metrics(&serving));
    let others = ["baxter_healthy{", "baxter_build_info{", "baxter_connections ", "baxter_proof_equal{"];
    // A further look, later than gauges are kept that nobody sets.
    std::thread::sleep(Duration::from_millis(2_100));
    let (first, second) = (metrics(&serving), metrics(&serving));
    for other in others {
        assert_eq!(first.contains(other), second.contains(other), "{other} comes and goes");
    }
    assert!(second.contains("baxter_build_info{") && second.contains("baxter_connections "), "{second}");
    serving.stop(&baxter);
}

#[test]
fn clients_that_never_end_their_requests_do_not_keep_it_from_beginning_anew() {
    let (store, baxter) = start(&SMALL);
    let (port, mut serving) = serve(&baxter, &["--poll", "1h"]);
    let halves = [
        "GET /heal",
        "POST /webhooks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    ];
    let open = crate::connections(port, &halves);
    for times in 1..=2 {
        serving.process().hang_up();
        let begun_anew = "with what was read";
        let told = wait_until(PATIENCE, || serving.process().stderr().matches(begun_anew).count() == times);
        assert!(told, "{}", serving.process().report());
        assert_eq!(serving.ask("GET", "/healthz", &[], b"").expect("an answer").status, 200);
    }
    drop(open);
    store.mutate_any(5, 3, &["update"]);
    store.wait_until_all_is_told(PATIENCE);
    settle(&baxter);
    baxter_testkit::assert_equal(&store, &baxter);
    serving.stop(&baxter);
}

#[test]
fn a_certificate_encrypts_and_can_be_renewed() {
    let (_store, baxter) = start(&SMALL);
    let folder = baxter.folder().to_owned();
    if !make_certificate(&folder, "first") {
        eprintln!("skipped: there is no openssl to make a certificate with");
        return;
    }
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let arguments = ["serve", "--listen", &listen, "--tls-certificate", "tls.pem", "--tls-key", "tls.key"];
    let mut serving = baxter.spawn(&arguments);
    let subject = |wanted: &str| {
        wait_until(PATIENCE, || {
            let asked = format!(
                "echo | openssl s_client -connect {listen} 2>/dev/null | openssl x509 -noout -subject"
            );
            let shown = Command::new("sh").args(["-c", &asked]).output().expect("a shell");
            String::from_utf8_lossy(&shown.stdout).contains(wanted)
        })
    };
    assert!(subject("first"), "{}", serving.report());
    let unencrypted = baxter_testkit::send_bytes(&format!("http://{listen}"), "GET", "/healthz", &[], b"");
    assert!(unencrypted.is_err(), "it answers without encryption");
    assert!(make_certificate(&folder, "second"));
    serving.hang_up();
    assert!(subject("second"), "{}", serving.report());

    fs::write(folder.join("tls.pem"), "no certificate").expect("a file");
    serving.hang_up();
    assert!(wait_until(PATIENCE, || serving.stderr().contains("tls.pem")), "{}", serving.report());
    assert!(subject("second"), "the one before is kept");
    stop(serving, &baxter);
    baxter.run(&arguments).failure(1);
}

fn stop(serving: Running, baxter: &baxter_testkit::TestBaxter) {
    serving.terminate();
    baxter.finish(serving, &["serve"]).success();
}

/// Makes `tls.pem` and `tls.key` for a host of this name; whether there was something to make them with.
fn make_certificate(folder: &std::path::Path, name: &str) -> bool {
    let subject = format!("/CN={name}");
    let arguments =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", &subject];
    let files = ["-keyout", "tls.key", "-out", "tls.pem", "-days", "30"];
    let made = Command::new("openssl").args(arguments).args(files).current_dir(folder).output();
    made.is_ok_and(|made| made.status.success())
}

#[test]
fn what_ran_before_goes_on_when_a_data_directory_cannot_be_taken() {
    let (store, baxter) = start(&SMALL);
    let configure = |dir: &str| {
        let text = format!("data_dir = \"{dir}\"\n");
        fs::write(baxter.folder().join("baxter.toml"), text).expect("a file");
    };
    let command = |arguments: &[&str]| {
        let mut command = baxter.command(arguments);
        command.env_remove("BAXTER_DATA_DIR");
        command
    };
    configure("data");
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let serving = baxter.spawn_command(&mut command(&["serve", "--listen", &listen, "--poll", "1h"]));
    let mut serving = baxter_testkit::Serving::of(serving, port);
    let hooks = ["hooks", "sync", "--destination", &serving.destination()];
    baxter.finish(baxter.spawn_command(&mut command(&hooks)), &hooks).success();

    fs::write(baxter.folder().join("occupied"), "no folder").expect("a file");
    configure("occupied");
    serving.process().hang_up();
    let begun_anew = wait_until(PATIENCE, || serving.process().stderr().contains("begins anew"));
    assert!(begun_anew, "{}", serving.process().report());
    assert!(serving.process().stderr().contains("is not used"), "{}", serving.process().report());

    store.mutate_any(5, 3, &["update"]);
    store.wait_until_all_is_told(PATIENCE);
    configure("data");
    let wait = ["wait", "--settled", "--timeout", "120s"];
    baxter.finish(baxter.spawn_command(&mut command(&wait)), &wait).success();
    baxter_testkit::assert_equal(&store, &baxter);
    serving.stop(&baxter);
}
