//! `baxter listen`: hooks made and deleted, deliveries checked, shown and forwarded.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use baxter_testkit::{SECRET, TestBaxter, TestStore, wait_until};

use crate::program::PROGRAM;

#[test]
fn deliveries_are_shown_and_forwarded_and_the_hooks_go_at_the_end() {
    let store = TestStore::start(PROGRAM, &["--products", "3"]);
    let baxter = TestBaxter::new(PROGRAM, &store);
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let forward_to = format!("http://{}/in", receiver.local_addr().unwrap());
    let received = std::thread::spawn(move || {
        let (mut connection, _) = receiver.accept().unwrap();
        let (mut text, mut buffer) = (String::new(), [0; 8192]);
        while !text.contains("\"data\"") {
            let read = connection.read(&mut buffer).unwrap();
            assert!(read > 0, "{text}");
            text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        connection.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
        text
    });
    let mut listening = baxter.spawn(&[
        "listen",
        "store/product/*",
        "--forward-to",
        &forward_to,
        "--client-secret",
        SECRET,
        "-o",
        "json",
    ]);
    wait_until(Duration::from_secs(30), || {
        listening.stderr().contains("Listening to") || listening.ended().is_some()
    });
    assert_eq!(store.webhooks("hooks"), 1, "{}", listening.report());
    baxter.run(&["trigger", "store/product/updated"]).success();
    wait_until(Duration::from_secs(30), || listening.stdout().contains('\n') || listening.ended().is_some());
    let shown = listening.stdout();
    assert!(
        shown.contains("\"verified\":true") && shown.contains("\"forwarded\":204"),
        "{}",
        listening.report()
    );
    let forwarded = received.join().unwrap().to_lowercase();
    assert!(
        forwarded.starts_with("post /in ") && forwarded.contains("webhook-signature: v1,"),
        "{forwarded}"
    );

    Command::new("kill").args(["-INT", &listening.id().to_string()]).status().unwrap();
    let status = listening.wait(Duration::from_secs(20));
    assert_eq!(status.code(), Some(0), "{}", listening.report());
    assert_eq!(store.webhooks("hooks"), 0);
    let refused = baxter.run(&["listen", "--api-url", "https://api.example.com", "--client-secret", "x"]);
    assert!(refused.failure(64).stderr.contains("--public-url"));
}
