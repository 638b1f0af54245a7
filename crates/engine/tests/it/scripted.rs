//! A store that answers as a test tells it to, over HTTP, and a sync with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use baxter_engine::model::stream::{Stream, named};
use baxter_engine::storage::{Mirror, Reader, Writer};
use baxter_engine::sync::{Options, Service, Summary};
use bigcommerce::{Client, Token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

pub const STORE: &str = "abc";

/// A request, less its body.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Below the store's base, such as `/v3/catalog/products`.
    pub path: String,
    pub query: BTreeMap<String, String>,
}

impl Asked {
    pub fn number(&self, name: &str) -> Option<i64> {
        self.query.get(name).and_then(|value| value.parse().ok())
    }
}

/// What it is answered with.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    pub date: Option<&'static str>,
}

impl Answer {
    pub fn ok(body: impl Into<String>) -> Answer {
        Answer { status: 200, body: body.into(), date: None }
    }

    pub fn status(status: u16) -> Answer {
        Answer { status, body: format!(r#"{{"status":{status},"title":"as told"}}"#), date: None }
    }

    /// A V3 list with its `meta`.
    pub fn list(records: &[String], meta: &str) -> Answer {
        Answer::ok(format!(r#"{{"data":[{}],"meta":{meta}}}"#, records.join(",")))
    }

    pub fn at(self, date: &'static str) -> Answer {
        Answer { date: Some(date), ..self }
    }
}

/// The store; it ends with the test's runtime.
#[derive(Clone)]
pub struct Scripted {
    pub client: Client,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Scripted {
    pub async fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let client = Client::builder(STORE.parse().unwrap(), Token::from("t".to_owned()));
        let client = client.api_url(url).retries(0).build().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answer, seen) = (Arc::new(answer), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (answer, seen) = (Arc::clone(&answer), Arc::clone(&seen));
                tokio::spawn(serve(connection, move |request| {
                    seen.lock().unwrap().push(request.clone());
                    answer(request)
                }));
            }
        });
        Scripted { client, asked }
    }

    /// What was asked so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// One sync of one stream into the mirror in `dir`.
    pub async fn sync(&self, dir: &Path, stream: &'static str, full: bool) -> Summary {
        let writer = Writer::start(Mirror::open(dir, STORE).unwrap()).unwrap();
        let options = Options { streams: vec![self::stream(stream)], full, ..Options::default() };
        let service = Service::new(self.client.clone(), writer.clone(), options);
        let summary = service.run(CancellationToken::new()).await;
        drop(service);
        writer.close().await;
        summary
    }
}

async fn serve(mut connection: TcpStream, answer: impl Fn(&Asked) -> Answer) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match connection.read(&mut byte).await {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1).unwrap().strip_prefix("/stores/abc").unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect();
    let Answer { status, body, date } = answer(&Asked { path: path.to_owned(), query });
    let date = date.map(|date| format!("date: {date}\r\n")).unwrap_or_default();
    let text = format!(
        "HTTP/1.1 {status} As Told\r\n{date}connection: close\r\ncontent-type: application/json\r\n\
         x-rate-limit-requests-left: 9999\r\nx-rate-limit-requests-quota: 10000\r\n\
         x-rate-limit-time-reset-ms: 1000\r\nx-rate-limit-time-window-ms: 1000\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    // A client that went away needs no answer.
    let _ = connection.write_all(text.as_bytes()).await;
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

pub fn stream(name: &str) -> &'static Stream {
    named(name).unwrap()
}

/// The keys that the mirror in `dir` holds of a stream.
pub fn keys(dir: &Path, stream: &str) -> Vec<i64> {
    let column = self::stream(stream).key_columns()[0].0.to_owned();
    let sql = format!("select {column} from {stream} order by 1");
    let rows = Reader::open(dir).unwrap().rows(&sql).unwrap();
    let id = |row: &Vec<rusqlite::types::Value>| match row[0] {
        rusqlite::types::Value::Integer(id) => id,
        ref other => panic!("{other:?} is no id"),
    };
    rows.rows.iter().map(id).collect()
}
