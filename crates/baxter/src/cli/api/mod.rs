//! `baxter api`: any request to the store's API, through the same gate as everything else.

mod fields;
mod pages;

use std::io::{IsTerminal, Read, Write};
use std::path::Path;

use baxter_flows::expr::{Expression, Limits};
use bigcommerce::{Client, Error, HeaderMap, Method, Request, Response, StatusCode};
use bytes::Bytes;
use jiff::Timestamp;

use super::Context;
use crate::failure::{Code, Failure};
use crate::print::indent;
use fields::Node;

/// The largest body that is sent.
const BODY_MAX: u64 = 16 * 1024 * 1024;
/// Records a page asks for with `--paginate` unless the path says otherwise: the API's usual maximum.
const LIMIT: u32 = 250;
/// How much `--jq` may make of one answer.
const FILTERED: Limits = Limits { outputs: 1_000_000, bytes: 256 * 1024 * 1024 };

/// Send a request to the store's API and print the answer
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Fields become the query of a GET and the JSON body of anything else; with --input they become \
    the query.\nA key can lead into the body: -F 'variants[][sku]=A-1' -F 'custom_url[url]=/a/'.\n\
    Answers are printed as they came, indented on a terminal. Other answers than 2xx are printed too; the exit code is then 1.\n\n\
    Examples:\n  \
    baxter api GET /v3/catalog/products -f limit=5 --jq '.data[] | {id, name, price}'\n  \
    baxter api GET v2/orders --paginate --jq '.[].id'\n  \
    baxter api PUT /v3/catalog/products/77 -F price=19.90 -F is_visible=true\n  \
    echo '[{\"id\":1,\"inventory_level\":5}]' | baxter api PUT /v3/catalog/variants --input -\n  \
    baxter api DELETE /v3/catalog/brands/5 -i"
)]
pub struct Args {
    /// GET, POST, PUT or DELETE
    #[arg(value_parser = method)]
    method: Method,
    /// Path from the API version on, such as /v3/catalog/products
    path: String,
    /// Add a field as text
    #[arg(short = 'f', long = "raw-field", value_name = "KEY=VALUE")]
    text_fields: Vec<String>,
    /// Add a field as what it looks like: true, false, null, a number, else text; @FILE reads a file
    #[arg(short = 'F', long = "field", value_name = "KEY=VALUE")]
    typed_fields: Vec<String>,
    /// Add a header
    #[arg(short = 'H', long, value_name = "NAME:VALUE")]
    header: Vec<String>,
    /// Send this file as the body; - is standard input
    #[arg(long, value_name = "FILE")]
    input: Option<String>,
    /// Ask for all pages of a list, printed one after the other
    #[arg(long)]
    paginate: bool,
    /// Print what this jq filter makes of each answer; text without quotes
    #[arg(long, value_name = "FILTER")]
    jq: Option<String>,
    /// Print status and headers too
    #[arg(short, long)]
    include: bool,
}

fn method(text: &str) -> Result<Method, String> {
    let method = text.to_ascii_uppercase().parse::<Method>().map_err(|error| error.to_string())?;
    match method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::DELETE | Method::PATCH => {
            Ok(method)
        }
        other => Err(format!("`{other}` is no method of the API")),
    }
}

/// Sends the request and prints what the store answers.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let jq = args.jq.as_deref().map(compile).transpose()?;
    let request = request(&args)?;
    let client = context.settings.prompt_client()?;
    let mut output = Output { include: args.include, jq };
    if args.paginate {
        if *request.method() != Method::GET {
            return Err(Failure::usage("only a GET has pages").hint("leave out --paginate"));
        }
        return pages::all(&client, request, &mut output, context).await;
    }
    let response = send(&client, request, output.include, context).await?;
    output.print(&response, context).await
}

fn compile(filter: &str) -> Result<Expression, Failure> {
    Expression::compile(filter).map_err(|fault| {
        Failure::new(Code::QueryRefused, format!("the jq filter is not usable: {}", fault.what))
            .did("sent nothing")
            .hint("filters are jq as jaq reads it, without env, input, debug, halt, repeat, while, until and recursion")
    })
}

/// Sends one request. What the store refuses is printed like any answer, before it is a failure.
async fn send(
    client: &Client,
    request: Request,
    include: bool,
    context: &mut Context,
) -> Result<Response, Failure> {
    match client.send(request).await {
        Ok(response) => Ok(response),
        Err(error) => {
            if let Error::Api(answer) = &error {
                if include {
                    print_head(context, answer.status, &answer.headers)?;
                }
                print_json(context, &answer.body)?;
                context.printer.flush()?;
            }
            let mut asked = context.asked();
            asked.one = true;
            Err(asked.failure(&error))
        }
    }
}

/// How answers are printed.
struct Output {
    include: bool,
    jq: Option<Expression>,
}

impl Output {
    async fn print(&mut self, response: &Response, context: &mut Context) -> Result<(), Failure> {
        if self.include {
            print_head(context, response.status, &response.headers)?;
        }
        if response.body.is_empty() {
            return context.printer.flush();
        }
        if let Some(jq) = &self.jq {
            let failed =
                |reason: String| Failure::new(Code::QueryRefused, format!("the jq filter failed: {reason}"));
            let json = std::str::from_utf8(&response.body)
                .map_err(|error| failed(format!("the answer is no text: {error}")))?;
            for line in jq.print(json.to_owned(), Timestamp::now(), FILTERED).await.map_err(failed)? {
                context.printer.line(line)?;
            }
        } else if context.printer.data_is_for_a_terminal() {
            print_json(context, &String::from_utf8_lossy(&response.body))?;
        } else {
            let out = context.printer.out();
            out.write_all(&response.body)?;
            if !response.body.ends_with(b"\n") {
                out.write_all(b"\n")?;
            }
        }
        context.printer.flush()
    }
}

fn print_head(context: &mut Context, status: StatusCode, headers: &HeaderMap) -> Result<(), Failure> {
    let out = context.printer.out();
    writeln!(out, "HTTP {status}")?;
    for (name, value) in headers {
        writeln!(out, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
    }
    writeln!(out)?;
    Ok(())
}

/// JSON for whoever reads: indented on a terminal, as it is elsewhere. A JSON text holds no control
/// characters that a terminal would obey; what is no JSON is made harmless.
fn print_json(context: &mut Context, text: &str) -> Result<(), Failure> {
    if !context.printer.data_is_for_a_terminal() {
        return context.printer.line(text);
    }
    let text = crate::print::visible(text).into_owned();
    context.printer.line(indent(&text))
}

fn request(args: &Args) -> Result<Request, Failure> {
    let path = format!("/{}", args.path.trim_start_matches('/'));
    if !(path.starts_with("/v2/") || path.starts_with("/v3/")) {
        return Err(Failure::usage(format!("`{}` is no path of the API", args.path))
            .hint("it begins at the version: /v3/catalog/products or /v2/orders"));
    }
    let mut request = Request::new(args.method.clone(), path);
    for header in &args.header {
        let (name, value) = header.split_once(':').ok_or_else(|| {
            Failure::usage(format!("`{header}` is no header")).hint("write it like -H 'If-Modified-Since: …'")
        })?;
        request = request.header(name.trim(), value.trim());
    }
    let mut fields = Vec::new();
    for field in &args.text_fields {
        let (key, value) = split(field)?;
        fields.push((key, Node::text(value)));
    }
    for field in &args.typed_fields {
        let (key, value) = split(field)?;
        let node = match value.strip_prefix('@') {
            Some(path) => Node::text(&String::from_utf8_lossy(&read(path)?)),
            None => Node::typed(value),
        };
        fields.push((key, node));
    }
    if args.method == Method::GET || args.method == Method::HEAD || args.input.is_some() {
        for (key, node) in fields {
            request = request.query(key, node.query_text());
        }
    } else if !fields.is_empty() {
        let body = fields::body(fields).map_err(Failure::usage)?;
        request = request.body(Bytes::from(body));
    }
    if let Some(path) = &args.input {
        request = request.body(Bytes::from(read(path)?));
    }
    Ok(request)
}

fn split(field: &str) -> Result<(&str, &str), Failure> {
    field
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .ok_or_else(|| Failure::usage(format!("`{field}` is no field")).hint("write it like -f name=value"))
}

fn read(path: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if path == "-" {
        std::io::stdin().lock().take(BODY_MAX + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(Path::new(path)).and_then(|file| file.take(BODY_MAX + 1).read_to_end(&mut bytes))
    };
    match read {
        Ok(size) if size as u64 > BODY_MAX => {
            Err(Failure::new(Code::File, "the input is larger than 16 MiB").at(path).did("sent nothing"))
        }
        Ok(_) => Ok(bytes),
        Err(error) => {
            let hint = std::io::stdin().is_terminal().then(|| "--input - reads standard input".to_owned());
            Err(Failure::new(Code::File, format!("cannot read the input: {error}"))
                .at(path)
                .did("sent nothing")
                .maybe_hint(hint))
        }
    }
}
