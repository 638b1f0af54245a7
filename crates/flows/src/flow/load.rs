//! Reading flows: every file of the folder, all problems at once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use baxter_engine::model::nearest::nearest;
use baxter_engine::model::stream;
use toml::Spanned;

use super::form::{Form, RetryForm, To, Type};
use super::secret::EXPECTED;
use super::{Auth, Destination, File, Flow, Format, Http, On, Problem, Problems};
use crate::expr::Expression;
use crate::retry::Retry;

/// The largest file of a flow.
const LARGEST: u64 = 256 * 1024;
/// The most requests at a time to one destination.
const CONCURRENCY_MAX: usize = 64;
const SECRET_IN_FILE: &str =
    "a flow's file names where a secret is and never holds it: { env = \"NAME\" } or { file = \"path\" }";
const KINDS: [&str; 3] = ["created", "updated", "deleted"];
const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

/// Reads every `*.toml` in `dir`, in order of file names; none when there is no such folder. Relative paths of
/// destinations and secrets begin in `base`.
pub fn load(dir: &Path, base: &Path) -> Result<Vec<Flow>, Problems> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Problems(vec![Problem::of_file(dir, error.to_string())])),
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    let (mut flows, mut problems) = (Vec::<Flow>::new(), Vec::new());
    for file in files {
        let read = read(&file).map_err(|what| Problems(vec![Problem::of_file(&file, what)]));
        match read.and_then(|text| parse(&file, &text, base)) {
            Ok(flow) => {
                problems.extend(flows.iter().find_map(|other| clash(other, &flow)));
                flows.push(flow);
            }
            Err(found) => problems.extend(found.0),
        }
    }
    if problems.is_empty() { Ok(flows) } else { Err(Problems(problems)) }
}

fn read(file: &Path) -> Result<String, String> {
    let size = std::fs::metadata(file).map_err(|error| error.to_string())?.len();
    if size > LARGEST {
        return Err(format!("a flow is no longer than {LARGEST} bytes"));
    }
    std::fs::read_to_string(file).map_err(|error| error.to_string())
}

/// What two flows may not share: a name, a file to write.
fn clash(one: &Flow, other: &Flow) -> Option<Problem> {
    let what = match (&one.to, &other.to) {
        _ if one.name == other.name => format!("the name `{}` is taken by", one.name),
        (Destination::File(a), Destination::File(b)) if a.path == b.path => {
            format!("{} is written by", a.path.display())
        }
        _ => return None,
    };
    Some(Problem::of_file(&other.file, format!("{what} {}", one.file.display())))
}

/// Reads the flow whose file `file` has this `text`.
pub fn parse(file: &Path, text: &str, base: &Path) -> Result<Flow, Problems> {
    let form: Form = toml::from_str(text).map_err(|error| {
        let problem = match error.span() {
            // Whoever wrote a secret into the file does not want it shown.
            Some(span) if error.message().contains(EXPECTED) => {
                Problem::at(file, text, span, SECRET_IN_FILE).without_text()
            }
            Some(span) => Problem::at(file, text, span, with_guess(error.message())),
            None => Problem::of_file(file, with_guess(error.message())),
        };
        Problems(vec![problem])
    })?;
    let mut reading = Reading { file, text, base, problems: Vec::new() };
    let flow = reading.flow(form);
    match flow {
        Some(flow) if reading.problems.is_empty() => Ok(flow),
        _ => Err(Problems(reading.problems)),
    }
}

/// A message about a word that is not known, with the one that was probably meant of those that are.
fn with_guess(message: &str) -> String {
    let words = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let guess = message.strip_prefix("unknown ").and_then(|rest| rest.split_once(", expected ")).and_then(
        |(unknown, expected)| {
            let known = words(expected);
            let meant = nearest(words(unknown).first()?, known.iter().map(String::as_str))?;
            Some(format!("{message}; did you mean `{meant}`?"))
        },
    );
    guess.unwrap_or_else(|| message.to_owned())
}

/// A file on its way to be a flow.
struct Reading<'a> {
    file: &'a Path,
    text: &'a str,
    base: &'a Path,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn problem(&mut self, span: Range<usize>, what: impl Into<String>) {
        self.problems.push(Problem::at(self.file, self.text, span, what));
    }

    fn flow(&mut self, form: Form) -> Option<Flow> {
        let name = self.name(form.name.as_ref());
        if form.on.is_empty() {
            self.problems.push(Problem::of_file(self.file, "`on` names no stream, as in on = [\"orders\"]"));
        }
        let on = form.on.iter().filter_map(|entry| self.on(entry)).collect();
        let filter = form.r#where.as_ref().and_then(|text| self.expression("where", text));
        let map = form.map.as_ref().and_then(|text| self.expression("map", text));
        let retry = self.retry(&form.retry);
        let span = form.to.span();
        let to = self.destination(form.to.into_inner(), span);
        if let (Some(Destination::File(File { format: Format::Text, .. })), None) = (&to, &form.map) {
            self.problems
                .push(Problem::of_file(self.file, "format = \"text\" needs a `map` that puts out strings"));
        }
        Some(Flow {
            name,
            file: self.file.to_owned(),
            on,
            filter,
            map,
            once: form.once,
            start: form.start,
            to: to?,
            retry,
        })
    }

    fn name(&mut self, declared: Option<&Spanned<String>>) -> String {
        let stem = self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = declared.map_or(stem, |name| name.get_ref().clone());
        let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_');
        if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
            let what = "a flow's name is 1 to 64 of a-z, A-Z, 0-9, - and _";
            match declared {
                Some(declared) => self.problem(declared.span(), what),
                None => self.problems.push(Problem::of_file(self.file, what)),
            }
        }
        name
    }

    fn on(&mut self, entry: &Spanned<String>) -> Option<On> {
        let (name, kind) = match entry.get_ref().split_once('.') {
            Some((name, kind)) => (name, Some(kind)),
            None => (entry.get_ref().as_str(), None),
        };
        let kinds = kind.map(|kind| KINDS.into_iter().find(|known| *known == kind));
        if kinds == Some(None) {
            let meant = nearest(kind.unwrap_or_default(), KINDS);
            let guess = meant.map(|meant| format!("; did you mean `{name}.{meant}`?")).unwrap_or_default();
            self.problem(entry.span(), format!("a change is one of {}{guess}", KINDS.join(", ")));
        }
        let Some(stream) = stream::named(name) else {
            let names: Vec<&str> = stream::all().iter().map(|stream| stream.name.as_str()).collect();
            let what = match nearest(name, names.iter().copied()) {
                Some(meant) => format!("there is no stream `{name}`; did you mean `{meant}`?"),
                None => format!("there is no stream `{name}`; there are {}", names.join(", ")),
            };
            self.problem(entry.span(), what);
            return None;
        };
        Some(On { stream, kinds: kinds.flatten().into_iter().collect() })
    }

    fn expression(&mut self, member: &str, text: &Spanned<String>) -> Option<Expression> {
        match Expression::compile(text.get_ref()) {
            Ok(expression) => Some(expression),
            Err(fault) => {
                let span = self.inside(text, fault.at);
                self.problem(span, format!("`{member}`: {}", fault.what));
                None
            }
        }
    }

    /// The bytes of the file that hold the bytes `part` of the string `value`; the whole value where escapes
    /// make them differ.
    fn inside(&self, value: &Spanned<String>, part: Range<usize>) -> Range<usize> {
        let span = value.span();
        let whole = self.text.get(span.clone()).unwrap_or_default();
        match whole.find(value.get_ref().as_str()) {
            Some(quotes) => span.start + quotes + part.start..span.start + quotes + part.end,
            None => span,
        }
    }

    fn retry(&mut self, form: &RetryForm) -> Retry {
        let mut retry = Retry::default();
        if let Some(attempts) = &form.attempts {
            if !(1..=1_000).contains(attempts.get_ref()) {
                self.problem(attempts.span(), "there are 1 to 1000 attempts");
            }
            retry.attempts = *attempts.get_ref();
        }
        if let Some(base) = &form.base {
            retry.base = base.get_ref().0;
            retry.max = retry.max.max(retry.base);
        }
        if let Some(max) = &form.max {
            retry.max = max.get_ref().0;
            if retry.max < retry.base {
                self.problem(max.span(), "`max` is at least `base`");
            }
        }
        retry
    }

    fn destination(&mut self, to: To, span: Range<usize>) -> Option<Destination> {
        let https = [
            ("url", to.url.as_ref().map(Spanned::span)),
            ("method", to.method.as_ref().map(Spanned::span)),
            ("headers", to.headers.as_ref().map(Spanned::span)),
            ("auth", to.auth.as_ref().map(Spanned::span)),
            ("timeout", to.timeout.as_ref().map(Spanned::span)),
            ("concurrency", to.concurrency.as_ref().map(Spanned::span)),
        ];
        let files = [
            ("path", to.path.as_ref().map(Spanned::span)),
            ("format", to.format.as_ref().map(Spanned::span)),
            ("header", to.header.as_ref().map(Spanned::span)),
        ];
        let (others, word) = match to.r#type {
            Type::Http => (files.as_slice(), "http"),
            Type::File => (https.as_slice(), "file"),
        };
        for (member, span) in others {
            if let Some(span) = span {
                self.problem(
                    span.clone(),
                    format!("`{member}` is nothing of a destination of type \"{word}\""),
                );
            }
        }
        match to.r#type {
            Type::Http => self.http(to, span).map(Destination::Http),
            Type::File => self.file(to, span).map(Destination::File),
        }
    }

    fn file(&mut self, to: To, span: Range<usize>) -> Option<File> {
        let Some(path) = to.path else {
            self.problem(span, "a destination of type \"file\" needs `path`");
            return None;
        };
        Some(File {
            path: self.base.join(path.get_ref()),
            format: to.format.map_or(Format::Jsonl, Spanned::into_inner),
            header: to.header.map(Spanned::into_inner).unwrap_or_default(),
        })
    }

    fn http(&mut self, to: To, span: Range<usize>) -> Option<Http> {
        let Some(url) = to.url else {
            self.problem(span, "a destination of type \"http\" needs `url`");
            return None;
        };
        let parsed = url::Url::parse(url.get_ref()).map_err(|error| error.to_string());
        let address = match parsed.and_then(safe) {
            Ok(address) => Some(address),
            Err(what) => {
                self.problem(url.span(), what);
                None
            }
        };
        let method = to.method.as_ref().map_or("POST", |method| method.get_ref().as_str());
        if let Some(method) = &to.method
            && !METHODS.contains(&method.get_ref().as_str())
        {
            self.problem(method.span(), format!("`method` is one of {}", METHODS.join(", ")));
        }
        let headers = self.headers(to.headers);
        let auth = to.auth.and_then(|form| self.auth(form));
        let concurrency = to.concurrency.as_ref().map_or(4, |concurrency| *concurrency.get_ref());
        if let Some(written) = &to.concurrency
            && !(1..=CONCURRENCY_MAX).contains(&concurrency)
        {
            self.problem(written.span(), format!("`concurrency` is 1 to {CONCURRENCY_MAX}"));
        }
        Some(Http {
            url: address?,
            method: method.parse().ok()?,
            headers,
            auth,
            timeout: to.timeout.map_or(Duration::from_secs(30), |timeout| timeout.get_ref().0),
            concurrency,
        })
    }

    fn headers(&mut self, headers: Option<Spanned<BTreeMap<String, String>>>) -> BTreeMap<String, String> {
        let Some(headers) = headers else { return BTreeMap::new() };
        for (name, value) in headers.get_ref() {
            let name_fits = name.parse::<reqwest::header::HeaderName>().is_ok();
            if !name_fits || reqwest::header::HeaderValue::from_str(value).is_err() {
                self.problem(headers.span(), format!("`{name}` is no header that can be sent"));
            }
            if ["authorization", "idempotency-key"].contains(&name.to_ascii_lowercase().as_str()) {
                let what = format!("`{name}` is set by Baxter; credentials belong into `auth`");
                self.problem(headers.span(), what);
            }
        }
        headers.into_inner()
    }

    fn auth(&mut self, form: Spanned<super::form::AuthForm>) -> Option<Auth> {
        let span = form.span();
        let form = form.into_inner();
        let auth = match (form.bearer, form.basic, form.header) {
            (Some(bearer), None, None) => bearer.resolve(self.base).map(Auth::Bearer),
            (None, Some(basic), None) => {
                basic.password.resolve(self.base).map(|password| Auth::Basic { user: basic.user, password })
            }
            (None, None, Some(header)) if header.name.parse::<reqwest::header::HeaderName>().is_err() => {
                Err(format!("`{}` is no name of a header", header.name))
            }
            (None, None, Some(header)) => {
                header.value.resolve(self.base).map(|value| Auth::Header { name: header.name, value })
            }
            _ => Err("`auth` has one of `bearer`, `basic`, `header`".to_owned()),
        };
        auth.map_err(|what| self.problem(span, what)).ok()
    }
}

/// Refuses what would carry records or credentials in the clear beyond this machine.
fn safe(url: url::Url) -> Result<url::Url, String> {
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL holds no credentials; they belong into `auth`".to_owned());
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        "http" => Err("http is for this machine only; elsewhere use https".to_owned()),
        other => Err(format!("`{other}` is neither https nor http")),
    }
}
