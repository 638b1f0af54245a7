//! What is asked, as data: a request knows nothing of who sends it.

mod additions;
mod form;

use std::fmt::{self, Display};

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use serde::Serialize;

use crate::gate::Priority;

/// Headers that the client sets itself: a request that names one is refused.
const OWN_HEADERS: [&str; 4] = ["x-auth-token", "host", "content-length", "transfer-encoding"];

/// One request: method, path below the store, query, body, and how it may be treated.
///
/// The path begins at the API version (`/v3/catalog/products`); the client prepends origin and store. A
/// query behind a `?` in the path is taken apart into pairs. Mistakes (a header that cannot be sent, a
/// body that does not serialise) come up when it is sent, as [`Error::Configuration`](crate::Error).
#[derive(Clone)]
pub struct Request {
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Bytes>,
    priority: Priority,
    /// As it was said, if it was.
    idempotent: Option<bool>,
    mistake: Option<String>,
}

impl Request {
    /// Any method on a path.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let mut path = path.into();
        let mut query = Vec::new();
        if let Some(at) = path.find('?') {
            let pairs = url::form_urlencoded::parse(&path.as_bytes()[at + 1..]);
            query.extend(pairs.into_owned());
            path.truncate(at);
        }
        let mistake = check_path(&path);
        let priority = Priority::Person;
        Self {
            method,
            path,
            query,
            headers: HeaderMap::new(),
            body: None,
            priority,
            idempotent: None,
            mistake,
        }
    }

    /// A `GET`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A `POST`; sent again after a doubtful failure only when said [`idempotent`](Self::idempotent).
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// A `PUT`; one that adds rows, such as line items without an `id` to an order, is sent again after a doubtful
    /// failure only when said [`idempotent`](Self::idempotent).
    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    /// A `DELETE`.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// Adds a query pair; names may repeat.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Sets the body to the value's JSON.
    #[must_use]
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(bytes) => self.body = Some(bytes.into()),
            Err(error) => self.mistake = Some(format!("the body does not serialise: {error}")),
        }
        self
    }

    /// Sets the body, sent as `application/json` unless a header says otherwise.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets the body to a form (`multipart/form-data`) of a file and of texts beside it, as endpoints take that are
    /// sent images.
    ///
    /// ```
    /// use bigcommerce::Request;
    ///
    /// let image = std::fs::read("Cargo.toml")?;
    /// let request = Request::post("/v3/catalog/brands/7/image").form([], ("image_file", "logo.png"), &image);
    /// # let _ = request;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn form(
        mut self,
        texts: impl IntoIterator<Item = (String, String)>,
        (member, file_name): (&str, &str),
        content: &[u8],
    ) -> Self {
        let texts: Vec<(String, String)> = texts.into_iter().collect();
        let (body, kind) = form::body(&texts, &form::File { member, name: file_name, content });
        self.body = Some(body.into());
        match HeaderValue::from_str(&kind) {
            Ok(kind) => _ = self.headers.insert(http::header::CONTENT_TYPE, kind),
            Err(_) => self.mistake = Some("the form cannot be sent".to_owned()),
        }
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let name = name.as_ref();
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value.as_ref())) {
            (Ok(name), _) if OWN_HEADERS.contains(&name.as_str()) => {
                self.mistake = Some(format!("the header `{name}` is set by the client"));
            }
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
            }
            (Err(_), _) => self.mistake = Some("a header's name cannot be sent".to_owned()),
            (_, Err(_)) => self.mistake = Some(format!("the value of the header `{name}` cannot be sent")),
        }
        self
    }

    /// How urgent it is; [`Priority::Person`] unless said.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Whether doing it twice is the same as doing it once. Reads, `DELETE` and a `PUT` that adds nothing are by
    /// default.
    #[must_use]
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = Some(idempotent);
        self
    }

    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The path without the query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query pairs in order, not encoded.
    pub fn query_pairs(&self) -> &[(String, String)] {
        &self.query
    }

    /// The same request with one value for `name` in place of those it had.
    pub(crate) fn with_query(&self, name: &str, value: impl Display) -> Self {
        let mut request = self.clone();
        request.query.retain(|(had, _)| had != name);
        request.query(name, value)
    }

    /// The same request without `name` in its query.
    pub(crate) fn without_query(&self, name: &str) -> Self {
        let mut request = self.clone();
        request.query.retain(|(had, _)| had != name);
        request
    }

    /// The last value of `name` in the query.
    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(had, _)| had == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) fn payload(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }

    pub(crate) fn urgency(&self) -> Priority {
        self.priority
    }

    pub(crate) fn is_idempotent(&self) -> bool {
        self.idempotent.unwrap_or_else(|| {
            let adds = || self.body.as_deref().is_some_and(|body| additions::are_in(&self.path, body));
            self.method.is_idempotent() && !(self.method == Method::PUT && adds())
        })
    }

    pub(crate) fn mistake(&self) -> Option<&str> {
        self.mistake.as_deref()
    }

    /// The query as it goes over the wire, empty when there is none.
    ///
    /// Colon and comma stay as they are (`id:in=1,2,3`): the API's filters are made of them, and a list
    /// of 250 ids would swell by half.
    pub(crate) fn encoded_query(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.query {
            if !text.is_empty() {
                text.push('&');
            }
            encode(name, &mut text);
            text.push('=');
            encode(value, &mut text);
        }
        text
    }
}

/// Prints no header value, no query value and no body: they may be personal or secret.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query: Vec<_> = self.query.iter().map(|(name, _)| name).collect();
        let headers: Vec<_> = self.headers.keys().collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &query)
            .field("headers", &headers)
            .field("body_bytes", &self.body.as_ref().map(Bytes::len))
            .field("priority", &self.priority)
            .field("idempotent", &self.idempotent)
            .finish()
    }
}

/// A path may not leave the store it is sent to.
fn check_path(path: &str) -> Option<String> {
    let bad = |why: &str| Some(format!("the path {why}: a path looks like /v3/catalog/products"));
    if !path.starts_with('/') {
        return bad("does not begin with a slash");
    }
    if path.len() > 2048 {
        return bad("is longer than 2048 bytes");
    }
    if path.contains(['\\', '#']) || path.chars().any(|c| c.is_control() || c == ' ') {
        return bad("holds a character that no path has");
    }
    let dots =
        |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if path.split('/').any(dots) {
        return bad("has a dot segment");
    }
    None
}

fn encode(text: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:,*/@".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(HEX[usize::from(byte >> 4)]));
            into.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_encoded_for_the_wire() {
        let request = Request::get("/v3/catalog/products?id:in=1,2&name=a%20b").query("sku", "ä&=+ #");
        assert_eq!(request.path(), "/v3/catalog/products");
        assert_eq!(request.encoded_query(), "id:in=1,2&name=a%20b&sku=%C3%A4%26%3D%2B%20%23");
        let request = request.with_query("name", 7).without_query("sku");
        assert_eq!(request.encoded_query(), "id:in=1,2&name=7");
        assert_eq!(request.query_value("name"), Some("7"));
    }

    #[test]
    fn a_path_cannot_leave_the_store() {
        for bad in
            ["v3/x", "/v3/../../other/v3", "/v3/%2E%2e/x", "/v3/a b", "/v3/a\nb", "/v3\\..\\x", "/v3/#x"]
        {
            assert!(Request::get(bad).mistake().is_some(), "{bad}");
        }
        for good in ["/v3/catalog/products", "/v2/orders/1", "/graphql", "/v3/x/a..b", "/v3/hooks?x=.."] {
            assert_eq!(Request::get(good).mistake(), None, "{good}");
        }
    }

    #[test]
    fn the_clients_own_headers_cannot_be_set() {
        assert!(Request::get("/v3/x").header("X-Auth-Token", "other").mistake().is_some());
        assert!(Request::get("/v3/x").header("a b", "x").mistake().is_some());
        assert!(Request::get("/v3/x").header("x-note", "a\nb").mistake().is_some());
        assert!(Request::get("/v3/x").header("If-Modified-Since", "x").mistake().is_none());
    }

    #[test]
    fn debug_prints_names_only() {
        let request =
            Request::post("/v3/x").query("email", "canary").header("x-key", "canary").json("canary");
        let text = format!("{request:?}");
        assert!(text.contains("email") && text.contains("x-key") && !text.contains("canary"), "{text}");
    }
}
