//! A running `baxter serve`, on a port that stays the same when it is killed and started again, so that the store's
//! hooks keep their destination.

use std::net::TcpListener;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::http::{self, Answer};
use crate::process::{Running, wait_until};
use crate::program::{Output, TestBaxter};

/// How long it may take to listen, or to end in order, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ports below those that systems give to outgoing connections: one of these might take a port while nobody listens.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// How many ports this process asked for: nobody may listen yet on the one before.
static TAKEN: AtomicU32 = AtomicU32::new(0);

/// A port of 127.0.0.1 on which nobody listens. Processes that run side by side begin to look at different places.
pub fn free_port() -> u16 {
    let count = u32::from(PORTS.end - PORTS.start);
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let place = |at: u32| PORTS.start + u16::try_from(at % count).expect("less than the ports there are");
    let begin = std::process::id().wrapping_mul(97).wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
    (0..count).map(|step| place(begin.wrapping_add(step))).find(free).expect("some port is free")
}

/// A started `baxter serve`.
#[derive(Debug)]
pub struct Serving {
    process: Running,
    url: String,
}

impl Serving {
    /// Starts `baxter serve` on `port` with further arguments, and waits until it listens.
    #[track_caller]
    pub fn start(baxter: &TestBaxter, port: u16, arguments: &[&str]) -> Self {
        Serving::start_with(baxter, port, &[], arguments)
    }

    /// The same with more variables, or others.
    #[track_caller]
    pub fn start_with(
        baxter: &TestBaxter,
        port: u16,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> Self {
        let mut serving = Serving::begin(baxter, port, variables, arguments);
        assert!(serving.listens(), "it does not listen: {}", serving.process.report());
        serving
    }

    /// Takes a started command that runs `serve` on `port`, and waits until it listens.
    #[track_caller]
    pub fn of(process: Running, port: u16) -> Self {
        let mut serving = Serving { process, url: format!("http://127.0.0.1:{port}") };
        assert!(serving.listens(), "it does not listen: {}", serving.process.report());
        serving
    }

    /// The same without waiting: it may be killed before it listens.
    pub fn begin(baxter: &TestBaxter, port: u16, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let listen = format!("127.0.0.1:{port}");
        let mut command = baxter.command(&["serve", "--listen", &listen]);
        command.args(arguments).envs(variables.iter().copied());
        Serving { process: baxter.spawn_command(&mut command), url: format!("http://{listen}") }
    }

    /// Whether it answers, before it ends or the patience does.
    pub fn listens(&mut self) -> bool {
        let mut ended = false;
        wait_until(PATIENCE, || {
            ended = self.process.ended().is_some();
            ended || self.ask("GET", "/healthz", &[], b"").is_ok()
        });
        !ended
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where hooks send to.
    pub fn destination(&self) -> String {
        format!("{}/webhooks", self.url)
    }

    /// The process.
    pub fn process(&mut self) -> &mut Running {
        &mut self.process
    }

    /// Sends it a request.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> std::io::Result<Answer> {
        http::send_bytes(&self.url, method, path, headers, body)
    }

    /// SIGKILL.
    pub fn kill(&mut self) -> ExitStatus {
        self.process.kill()
    }

    /// SIGTERM; fails the test unless it ends in order, without having printed a secret.
    #[track_caller]
    pub fn stop(self, baxter: &TestBaxter) -> Output {
        self.process.terminate();
        baxter.finish(self.process, &["serve"]).success()
    }
}
