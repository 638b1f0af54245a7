//! Many connections, slow ones, and ones that never ask: they do no harm to the store's notifications.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::signed::Notification;
use crate::{serve, start};

const SMALL: [&str; 6] = ["--products", "20", "--customers", "10", "--orders", "10"];

#[test]
fn ten_thousand_open_connections_do_no_harm() {
    let (store, baxter) = start(&SMALL);
    let (port, mut serving) = serve(&baxter, &["--poll", "1h"]);
    let mut open = Vec::new();
    for at in 0..10_000 {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(mut stream) => {
                // Every third begins a request that it never ends.
                if at % 3 == 0 {
                    let _ = stream.write_all(b"POST /webhooks HTTP/1.1\r\nHost: x\r\nX-Slow: ");
                }
                open.push(stream);
            }
            // This process may not have so many files open.
            Err(_) => break,
        }
        if at % 2_000 == 1_999 {
            let data = r#"{"type":"product","id":77}"#;
            let notification =
                Notification::of(&store, &format!("crowd-{at}"), "store/product/updated", data);
            assert_eq!(
                notification.send(&serving).expect("an answer").status,
                200,
                "beside {at} connections"
            );
        }
    }
    assert!(open.len() > 900, "only {} connections could be made", open.len());
    let held = std::fs::read_dir(format!("/proc/{}/fd", serving.process().id())).map(Iterator::count);
    assert!(held.unwrap_or(0) < 700, "it holds a connection for each");
    // The first ones were closed for the others.
    let mut byte = [0];
    open[0].set_read_timeout(Some(Duration::from_secs(20))).expect("a time");
    assert!(!matches!(open[0].read(&mut byte), Ok(1)), "the oldest connection was answered");
    drop(open);
    serving.stop(&baxter);
}

#[test]
fn heads_without_end_are_refused() {
    let (_store, baxter) = start(&SMALL);
    let (port, serving) = serve(&baxter, &["--poll", "1h"]);
    let many: String = (0..200).map(|at| format!("X-{at}: y\r\n")).collect();
    let long = format!("X: {}\r\n", "y".repeat(100_000));
    for head in [many, long] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        let _ = stream.write_all(format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{head}\r\n").as_bytes());
        let mut answer = String::new();
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time");
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.starts_with("HTTP/1.1 431") || answer.is_empty(), "{answer}");
    }
    assert_eq!(serving.ask("GET", "/healthz", &[], b"").expect("an answer").status, 200);
    serving.stop(&baxter);
}
