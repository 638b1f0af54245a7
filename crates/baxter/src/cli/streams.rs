//! `baxter streams`: what can be mirrored, what each stream costs, and how its changes are noticed; and the streams
//! that people name.

use std::ffi::OsStr;

use baxter_engine::model::stream::selection::{self, Shape};
use baxter_engine::model::stream::{Stream, Walk, all, named};
use baxter_engine::storage::{Error, Reader};
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use serde::Serialize;

use super::Context;
use crate::failure::{Failure, mirror};
use crate::print::{Cell, Format};
use crate::settings;
use baxter_engine::model::nearest::nearest;

/// List the streams with what they cost and how changes are noticed
#[derive(Debug, clap::Args)]
#[command(
    after_help = "`streams` in baxter.toml, or BAXTER_STREAMS, says which are mirrored: names and patterns, \"default\" for \
    those that are on by themselves, and \"!…\" to take away again. Requests are those of reading the stream whole, \
    counted from what the mirror holds; without a mirror they are not known.\n\n\
    Examples:\n  \
    baxter streams\n  \
    baxter streams 'order_*'\n  \
    BAXTER_STREAMS='default,order_*,!order_messages' baxter streams -o json"
)]
pub struct Args {
    /// List only these; patterns such as order_* are understood
    #[arg(value_name = "STREAM", value_parser = StreamName, hide_possible_values = true)]
    streams: Vec<String>,
}

/// What is known of a stream; `-o json` prints it.
#[derive(Debug, Serialize)]
struct Report {
    stream: &'static str,
    about: &'static str,
    on: bool,
    scope: String,
    endpoint: String,
    requests: Option<u64>,
    /// What the requests are for.
    cost: String,
    updates: String,
    deletes: String,
    webhooks: Vec<&'static str>,
}

/// Lists them.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let listed = match args.streams.as_slice() {
        [] => all().iter().collect(),
        patterns => choose(patterns)?,
    };
    let on = selection::with_parents(&context.settings.streams);
    let dir = context.settings.data_dir.clone();
    let reports = tokio::task::spawn_blocking(move || reports(&listed, &on, &dir)).await;
    let reports = reports.map_err(|error| super::ended(&error))?.map_err(|error| mirror::failure(&error))?;
    match context.printer.format_or(Format::Table) {
        Format::Json => context.printer.json(&reports),
        format => {
            let columns =
                ["stream", "on", "requests", "cost", "updates", "deletes", "webhooks", "scope", "endpoint"];
            let mut rows = context.printer.rows(columns.map(String::from).into());
            for report in reports {
                let webhooks = match format {
                    Format::Table => Cell::from(report.webhooks.len() as u64),
                    Format::Jsonl => Cell::Json(serde_json::json!(report.webhooks).to_string()),
                    Format::Json | Format::Csv => Cell::from(report.webhooks.join(" ")),
                };
                rows.row(vec![
                    report.stream.into(),
                    match format {
                        Format::Table => if report.on { "on" } else { "off" }.into(),
                        _ => Cell::Bool(report.on),
                    },
                    report.requests.map_or(Cell::Null, Cell::from),
                    report.cost.into(),
                    report.updates.into(),
                    report.deletes.into(),
                    webhooks,
                    report.scope.into(),
                    report.endpoint.into(),
                ])?;
            }
            rows.end()?;
            Ok(())
        }
    }
}

fn reports(
    listed: &[&'static Stream],
    on: &[&'static Stream],
    dir: &std::path::Path,
) -> Result<Vec<Report>, Error> {
    let reader = match Reader::open(dir) {
        Ok(reader) => Some(reader),
        Err(Error::Missing { .. }) => None,
        Err(error) => return Err(error),
    };
    let report = |stream: &&'static Stream| {
        let (requests, cost) = cost(stream, reader.as_ref())?;
        Ok(Report {
            stream: &stream.name,
            about: &stream.about,
            on: selection::contains(on, stream),
            scope: stream.scope_to_read(),
            endpoint: endpoint(stream),
            requests,
            cost,
            updates: updates(stream),
            deletes: deletes(stream),
            webhooks: baxter_engine::model::event::scopes(&[stream]),
        })
    };
    listed.iter().map(report).collect()
}

/// The requests of reading the stream whole, as far as the mirror tells, and what they are for.
fn cost(stream: &'static Stream, reader: Option<&Reader>) -> Result<(Option<u64>, String), Error> {
    let count = |stream: &'static Stream| -> Result<Option<u64>, Error> {
        let Some(reader) = reader else { return Ok(None) };
        reader.stream_state(stream)?.backfilled_at.map(|_| reader.count(stream)).transpose()
    };
    let parent = stream.parent_stream();
    let parents = || parent.map_or("parents", |parent| parent.name.as_str());
    if let Some(cut) = stream.brought_by() {
        return Ok(match (&cut.include, cut.limit, parent) {
            (None, ..) | (_, _, None) => (Some(0), format!("none: comes with {}", parents())),
            (Some(_), None, Some(parent)) => {
                let pages = count(parent)?.map(|count| count.div_ceil(u64::from(parent.limit)).max(1));
                (pages, format!("all pages of {}, in each sync", parent.name))
            }
            (Some(_), Some(limit), Some(parent)) => {
                let pages = count(parent)?.map(|count| count.div_ceil(u64::from(limit)).max(1));
                (pages, format!("all pages of {}, {limit} a page, in each sync", parent.name))
            }
        });
    }
    if let Some(Walk::Parent { asks_if, .. }) = &stream.walk {
        let known = match (reader, parent) {
            (Some(reader), Some(parent)) if count(parent)?.is_some() => Some(reader.parents_to_ask(stream)?),
            _ => None,
        };
        let which = match asks_if {
            Some(hint) => match &hint.is {
                Some(value) => format!(" with {} {value}", hint.column),
                None => format!(" with {}", hint.column),
            },
            None => String::new(),
        };
        return Ok((known, format!("one for each of {}{which}, then for those that changed", parents())));
    }
    let pages = match stream.walk {
        Some(Walk::One {} | Walk::All {}) => Some(1),
        // A list of the older API shows its end by a page that is not full.
        _ => count(stream)?.map(|count| {
            let limit = u64::from(stream.limit);
            if stream.is_v2() { count / limit + 1 } else { count.div_ceil(limit).max(1) }
        }),
    };
    Ok((pages, format!("{} a request", Shape::of(stream, &[]).limit)))
}

fn endpoint(stream: &Stream) -> String {
    match (&stream.path, stream.brought_by(), &stream.parent) {
        (Some(path), ..) => path.clone(),
        (None, Some(cut), Some(parent)) => match &cut.include {
            Some(word) => format!("{} with include={word}", parent.stream),
            None => format!("{}: part of each record", parent.stream),
        },
        _ => String::new(),
    }
}

fn updates(stream: &Stream) -> String {
    if let Some(cut) = stream.brought_by() {
        let parent = stream.parent.as_ref().map_or("", |parent| parent.stream.as_str());
        return match &cut.include {
            Some(_) => format!("whole list of {parent}"),
            None => format!("with {parent}"),
        };
    }
    match (&stream.walk, &stream.incremental) {
        (Some(Walk::Parent { .. }), Some(incremental)) => {
            format!("{} of each parent, and when its parent changes", incremental.modified_since)
        }
        (Some(Walk::Parent { .. }), None) => "when its parent changes".to_owned(),
        (_, Some(incremental)) => incremental.modified_since.clone(),
        (_, None) => "whole list".to_owned(),
    }
}

fn deletes(stream: &Stream) -> String {
    if stream.brought_by().is_some() || stream.is_per_parent() {
        return "with the answer for its parent".to_owned();
    }
    let by_id = stream.lookup.is_some() || stream.single || matches!(stream.walk, Some(Walk::Id { .. }));
    let list = if stream.incremental.is_some() { "in a sweep: " } else { "" };
    let proof = if by_id { "absent from the list, and by id" } else { "absent from the list" };
    match stream.walk {
        Some(Walk::One {}) => "never".to_owned(),
        _ => format!("{list}{proof}"),
    }
}

/// Takes any text, which a command looks up itself with words of its own, and has shells complete the names of streams.
#[derive(Debug, Clone, Copy)]
pub struct StreamName;

impl TypedValueParser for StreamName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(all().iter().map(|stream| PossibleValue::new(stream.name.as_str()))))
    }
}

/// The streams that `patterns` mean, or a usage failure with the name that was probably meant.
pub fn choose(patterns: &[String]) -> Result<Vec<&'static Stream>, Failure> {
    selection::choose(patterns.iter().map(String::as_str)).map_err(|missing| {
        // A plain name has its own words.
        find(&missing.0).err().unwrap_or_else(|| Failure::usage(settings::unknown_stream(&missing)))
    })
}

/// Finds a stream by the name people type, or fails with the name that was probably meant.
pub fn find(name: &str) -> Result<&'static Stream, Failure> {
    named(name).ok_or_else(|| {
        let hint = match nearest(name, all().iter().map(|stream| stream.name.as_str())) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`baxter streams` lists them".to_owned(),
        };
        Failure::usage(format!("there is no stream `{name}`")).hint(hint)
    })
}
