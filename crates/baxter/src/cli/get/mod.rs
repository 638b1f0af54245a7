//! `baxter get`: records of a stream, asked from the store as it is now.

mod filters;
mod sink;

use std::collections::HashSet;
use std::num::NonZeroUsize;

use baxter_engine::model::stream::{KeyPart, Stream, Walk};
use bigcommerce::{Paging, Request};
use futures::StreamExt;

use super::{Context, streams};
use crate::failure::client::Asked;
use crate::failure::{Code, Failure};
use sink::Sink;

/// Ask the store for records of a stream
#[derive(Debug, clap::Args)]
#[command(
    after_help = "This asks the API, not the mirror: `baxter query` asks the mirror and costs no quota.\n\n\
    Examples:\n  \
    baxter get products --filter price:min=10 --filter is_visible=true --limit 20\n  \
    baxter get products 77 --include images,variants -o json\n  \
    baxter get orders --filter status_id=11 --fields id,total_inc_tax,billing_address.email -o csv\n  \
    baxter get customers --filter email:in=ann@example.com -o jsonl"
)]
pub struct Args {
    /// Which stream, such as products or orders
    #[arg(value_parser = streams::StreamName, hide_possible_values = true)]
    stream: String,
    /// One record's id
    id: Option<String>,
    /// Ask only for records that match, such as price:min=10; may be repeated
    #[arg(long, value_name = "NAME[:OP]=VALUE", conflicts_with = "id")]
    filter: Vec<String>,
    /// Print these members only; dots lead into objects
    #[arg(long, value_delimiter = ',', value_name = "FIELD,…")]
    fields: Vec<String>,
    /// Have these sub-resources sent along, such as variants,images
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    include: Vec<String>,
    /// Stop after so many records
    #[arg(long, value_name = "N", default_value = "50")]
    limit: NonZeroUsize,
    /// Ask for every record
    #[arg(long, conflicts_with_all = ["limit", "id"])]
    all: bool,
}

/// Asks and prints.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let stream = streams::find(&args.stream)?;
    let (request, paging) = request(stream, &args)?;
    let client = context.settings.prompt_client()?;
    let Context { settings, printer, .. } = context;
    let mut left = match (&args.id, args.all) {
        (Some(_), _) => 1,
        (None, true) => usize::MAX,
        (None, false) => args.limit.get(),
    };
    let page = u32::try_from(left).unwrap_or(u32::MAX).clamp(1, stream.limit);
    let mut pages = std::pin::pin!(client.pages(request, paging, page));
    let mut sink = Sink::new(printer, stream, args.fields);
    let mut printed = 0;
    while left > 0 {
        let Some(page) = pages.next().await else { break };
        let page = page.map_err(|error| {
            let mut asked = Asked::of(settings);
            asked.stream = Some(stream);
            asked.one = args.id.is_some();
            asked.filtered = !args.filter.is_empty();
            asked.failure(&error)
        })?;
        let records: Vec<&str> = page.records().take(left).collect();
        sink.page(&records)?;
        printed += records.len();
        left -= records.len();
    }
    if let Some(id) = args.id.filter(|_| printed == 0) {
        let what = format!("there is no record `{id}` in stream `{}`", stream.name);
        return Err(Failure::new(Code::NotFound, what));
    }
    sink.end()
}

fn request(stream: &Stream, args: &Args) -> Result<(Request, Paging), Failure> {
    let Some(path) = &stream.path else {
        let parent = stream.parent.as_ref().map_or("its parent", |parent| parent.stream.as_str());
        return Err(Failure::usage(format!("stream `{}` has no list of its own", stream.name)).hint(format!(
            "its records come with those of `{parent}`; sync it, then: baxter query 'select * from {} limit 10'",
            stream.name
        )));
    };
    if stream.is_per_parent() {
        let what = format!("stream `{}` has no list of its own, but one for each parent", stream.name);
        return Err(Failure::usage(what).hint(format!("ask for one of them: baxter api get {path}")));
    }
    let mut request = Request::get(path);
    let mut paging = match stream.walk {
        Some(Walk::Cursor {}) => Paging::Cursor,
        Some(Walk::One {} | Walk::All {}) => Paging::None,
        _ if path.starts_with("/v2/") => Paging::V2,
        _ => Paging::Offset,
    };
    if let Some(id) = &args.id {
        (request, paging) = one(stream, path, id)?;
    }
    for filter in &args.filter {
        let (name, value) = filters::parse(stream, filter)?;
        request = request.query(name, value);
    }
    if !args.include.is_empty() {
        request = request.query("include", args.include.join(","));
        // What a stream needs beside its includes, such as the form of an order's consignments.
        for (name, value) in stream.query.iter().filter(|(name, _)| name != "include") {
            request = request.query(name, value);
        }
    }
    Ok((request, paging))
}

/// The request for one record: by a list of one id where the endpoint has lists, else by its path.
fn one(stream: &Stream, path: &str, id: &str) -> Result<(Request, Paging), Failure> {
    let number = id.parse::<u64>().map_err(|_| {
        Failure::usage(format!("`{id}` is no id"))
            .hint("ids are whole numbers; look records up with --filter")
    })?;
    let by_key = stream.lookup.as_ref().filter(|lookup| key_columns(stream).contains(lookup.column.as_str()));
    Ok(match (by_key, stream.walk.as_ref()) {
        (Some(lookup), _) => (Request::get(path).query(&lookup.param, number), Paging::Offset),
        (None, Some(Walk::One {})) => {
            return Err(
                Failure::usage(format!("stream `{}` has one record", stream.name)).hint("leave out the id")
            );
        }
        (None, Some(Walk::Page {} | Walk::All {})) if !stream.single => {
            (Request::get(path).query("id", number), Paging::Offset)
        }
        (None, _) => (Request::get(format!("{path}/{number}")), Paging::None),
    })
}

fn key_columns(stream: &Stream) -> HashSet<&str> {
    stream
        .key
        .iter()
        .filter_map(|part| match part {
            KeyPart::At { column, .. } | KeyPart::FirstOf { column, .. } => Some(column.as_str()),
            KeyPart::Parent => None,
        })
        .collect()
}
