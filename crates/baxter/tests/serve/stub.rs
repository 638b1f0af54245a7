//! A destination that fails half of the time, in every way that a sender cannot tell apart from the others.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use baxter_testkit::Random;

/// What it did so far.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// What took effect: key and body, in order, repetitions included.
    pub taken: Vec<(String, String)>,
    /// Requests that were answered 200.
    pub confirmed: usize,
    /// Requests that were not.
    pub failed: usize,
}

/// The running destination.
pub struct Stub {
    address: String,
    done: Arc<Mutex<Done>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stub {
    /// Starts one; the seed decides which requests fail.
    pub fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it has an address").to_string();
        let (done, ends) = (Arc::new(Mutex::new(Done::default())), Arc::new(AtomicBool::new(false)));
        let (shared, stop) = (Arc::clone(&done), Arc::clone(&ends));
        let thread = std::thread::spawn(move || {
            let mut random = Random::new(seed);
            for connection in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                // A sender that was killed meanwhile leaves a connection that ends early.
                let _ = connection.and_then(|stream| answer(stream, random.below(8), &shared));
            }
        });
        Stub { address, done, ends, thread: Some(thread) }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}/orders", self.address)
    }

    /// What it did so far.
    pub fn done(&self) -> Done {
        self.done.lock().expect("no request panicked").clone()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        // Wakes it up to see that.
        let _ = TcpStream::connect(&self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Reads one request and answers it, or does not, as `fate` says.
fn answer(stream: TcpStream, fate: u64, done: &Mutex<Done>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut key, mut length, mut line) = (String::new(), 0, String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "idempotency-key" => key = value.trim().to_owned(),
            "content-length" => length = value.trim().parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    let mut done = done.lock().expect("no request panicked");
    let status = match fate {
        0 | 1 => "500 Internal Server Error",
        // It took effect, and the answer says that it did not, or is lost.
        2 | 3 => {
            done.taken.push((key, body));
            done.failed += 1;
            if fate == 3 {
                return Ok(());
            }
            "503 Service Unavailable\r\nRetry-After: 0"
        }
        _ => {
            done.taken.push((key, body));
            done.confirmed += 1;
            "200 OK"
        }
    };
    done.failed += usize::from(fate < 2);
    drop(done);
    let mut stream = reader.into_inner();
    write!(stream, "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}")
}
