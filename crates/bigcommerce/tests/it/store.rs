//! A scripted store: an HTTP/1.1 server of a few lines, so that it can also misbehave below HTTP.

use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bigcommerce::{Client, ClientBuilder, Token};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub const TOKEN: &str = "canary0token0canary";

/// One request as it came in.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// How many came before it.
    pub index: usize,
}

impl Asked {
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(had, _)| had == name).map(|(_, value)| value.as_str())
    }

    pub fn number(&self, name: &str) -> Option<usize> {
        self.query(name).map(|text| text.parse().unwrap())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(had, _)| had == name).map(|(_, value)| value.as_str())
    }
}

/// What the store does with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
        delay: Duration,
    },
    /// Closes the connection without a word.
    Hangup,
    /// Tells a length and closes half-way.
    CutShort(Vec<u8>),
    /// Begins a chunked body and closes.
    CutChunked(Vec<u8>),
    /// Says nothing, for ever.
    Silence,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer { status, headers: Vec::new(), body: body.into(), delay: Duration::ZERO }
    }

    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, body).header("content-type", "application/json")
    }

    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_string()));
        }
        self
    }

    pub fn quota(self, quota: u32, left: u32, window: u128, reset: u128) -> Self {
        self.header("X-Rate-Limit-Requests-Quota", quota)
            .header("X-Rate-Limit-Requests-Left", left)
            .header("X-Rate-Limit-Time-Window-Ms", window)
            .header("X-Rate-Limit-Time-Reset-Ms", reset)
    }

    pub fn after(mut self, wait: Duration) -> Self {
        if let Self::Answer { delay, .. } = &mut self {
            *delay = wait;
        }
        self
    }

    pub fn gzip(mut self) -> Self {
        if let Self::Answer { body, .. } = &mut self {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(body).unwrap();
            *body = encoder.finish().unwrap();
        }
        self.header("content-encoding", "gzip")
    }
}

type Script = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

/// A running store; it ends with the value.
pub struct Store {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

impl Store {
    pub async fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let script: Script = Arc::new(script);
        let task = tokio::spawn({
            let asked = Arc::clone(&asked);
            async move {
                let mut connections = tokio::task::JoinSet::new();
                while let Ok((stream, _)) = listener.accept().await {
                    let (script, asked) = (Arc::clone(&script), Arc::clone(&asked));
                    connections.spawn(async move {
                        // A client that goes away in the middle is part of many tests.
                        let _ = serve(stream, script, asked).await;
                    });
                }
            }
        });
        Self { url, asked, task }
    }

    /// A client with short waits.
    pub fn builder(&self) -> ClientBuilder {
        Client::builder("abc123".parse().unwrap(), Token::from(TOKEN.to_owned()))
            .api_url(&self.url)
            .backoff(Duration::from_millis(1), Duration::from_millis(5))
            .timeout(Duration::from_secs(20))
            .seed(1)
    }

    pub fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    pub fn wide_client(&self, concurrency: usize) -> Client {
        self.builder().concurrency(NonZeroUsize::new(concurrency).unwrap()).build().unwrap()
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, script: Script, asked: Arc<Mutex<Vec<Asked>>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let Some(mut request) = read(&mut stream).await? else { return Ok(()) };
        {
            let mut asked = asked.lock().unwrap();
            request.index = asked.len();
            asked.push(request.clone());
        }
        match script(&request) {
            Reply::Answer { status, headers, body, delay } => {
                tokio::time::sleep(delay).await;
                let mut head = format!("HTTP/1.1 {status} X\r\n");
                if status != 204 && status != 304 {
                    head.push_str(&format!("content-length: {}\r\n", body.len()));
                }
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                head.push_str("\r\n");
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(&body).await?;
                stream.flush().await?;
            }
            Reply::Hangup => return Ok(()),
            Reply::CutShort(body) => {
                let head = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n", body.len() + 10);
                stream.write_all(head.as_bytes()).await?;
                return stream.write_all(&body).await;
            }
            Reply::CutChunked(body) => {
                let head =
                    format!("HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", body.len());
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(&body).await?;
                return stream.write_all(b"\r\n").await;
            }
            Reply::Silence => std::future::pending().await,
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let method = words.next().unwrap().to_owned();
    let target = url::Url::parse(&format!("http://x{}", words.next().unwrap())).unwrap();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.trim().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    stream.read_exact(&mut body).await?;
    Ok(Some(Asked {
        method,
        path: target.path().to_owned(),
        query: target.query_pairs().into_owned().collect(),
        headers,
        body: String::from_utf8(body).unwrap(),
        index: 0,
    }))
}
