//! docs/streams.md says what the declarations say.

use std::fmt::Write;
use std::path::PathBuf;

use baxter_engine::model::stream::{self, Cut, Hint, KeyPart, Step, Stream, Walk};

const BEGIN: &str = "<!-- from the declarations: begin -->\n";
const END: &str = "<!-- from the declarations: end -->";

#[test]
fn the_page_of_streams_is_true() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/streams.md");
    let page = std::fs::read_to_string(&path).expect("docs/streams.md is there");
    let (head, rest) = page.split_once(BEGIN).expect("the page has a beginning mark");
    let (table, tail) = rest.split_once(END).expect("the page has an end mark");
    let fresh = render();
    if std::env::var_os("BAXTER_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}{fresh}{END}{tail}"))
            .expect("docs/streams.md can be written");
        return;
    }
    assert!(
        table == fresh,
        "docs/streams.md is stale; BAXTER_UPDATE_DOCS=1 cargo test -p baxter-engine --test it streams_page writes it"
    );
}

fn render() -> String {
    let mut out = String::from(
        "\n| stream | on | request | record, key | to be up to date | scope |\n|---|---|---|---|---|---|\n",
    );
    for stream in stream::all() {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} | `{}` |",
            stream.name,
            if stream.is_on_by_default() { "on" } else { "off" },
            request(stream),
            record(stream),
            up_to_date(stream),
            stream.scope_to_read()
        );
    }
    for stream in stream::all() {
        let _ = write!(out, "\n### {}\n\n{}\n\n", stream.name, stream.about);
        let keys = stream.key_columns();
        let parents = stream.parent_columns();
        let columns = keys
            .iter()
            .map(|(name, _)| format!("`{name}` (key)"))
            .chain(
                parents
                    .iter()
                    .filter(|name| {
                        !keys.iter().any(|(key, _)| key == *name)
                            && !stream.columns.iter().any(|column| column.name == **name)
                    })
                    .map(|name| format!("`{name}` (parent)")),
            )
            .chain(stream.columns.iter().map(|column| format!("`{}` {}", column.name, column.r#type)));
        let _ = writeln!(out, "{}.", columns.collect::<Vec<_>>().join(", "));
        let events: Vec<String> = stream
            .events
            .iter()
            .flat_map(|events| &events.scopes)
            .map(|scope| format!("`{scope}`"))
            .collect();
        if !events.is_empty() {
            let _ = writeln!(out, "\nEvents: {}.", events.join(", "));
        }
    }
    out.push('\n');
    out
}

fn request(stream: &Stream) -> String {
    let Some(path) = &stream.path else {
        let parent = stream.parent.as_ref().map_or("", |parent| parent.stream.as_str());
        return match stream.brought_by() {
            Some(Cut { include: Some(word), limit: Some(limit), .. }) => {
                format!("part of `{parent}`, with `include={word}`, {limit} a page")
            }
            Some(Cut { include: Some(word), .. }) => format!("part of `{parent}`, with `include={word}`"),
            _ => format!("part of `{parent}`"),
        };
    };
    let query: Vec<String> = stream.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("`{path}{mark}{}`, {} a page", query.join("&"), stream.limit)
}

fn record(stream: &Stream) -> String {
    let cuts: Vec<String> = stream
        .cuts
        .iter()
        .filter(|cut| !cut.keep)
        .map(|cut| {
            let steps: Vec<&str> = cut
                .at
                .iter()
                .map(|step| match step {
                    Step::Member(name) => name.as_str(),
                    Step::Anywhere => "**",
                })
                .collect();
            format!("`{}`", steps.join("."))
        })
        .collect();
    let less = match cuts.as_slice() {
        [] => String::new(),
        [one] => format!("less {one}; "),
        [others @ .., last] => format!("less {} and {last}; ", others.join(", ")),
    };
    let keys: Vec<String> = stream
        .key
        .iter()
        .map(|part| match part {
            KeyPart::At { path, .. } => format!("`{path}`"),
            KeyPart::FirstOf { paths, .. } => {
                paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", else ")
            }
            KeyPart::Parent => "the parent's key".to_owned(),
        })
        .collect();
    format!("{less}{}", keys.join(" + "))
}

fn up_to_date(stream: &Stream) -> String {
    let walk = match &stream.walk {
        None if stream.brought_by().is_some_and(|cut| cut.include.is_some()) => {
            return "whole list of its parent".to_owned();
        }
        None => return "with its parent".to_owned(),
        Some(Walk::Id { .. }) => "ranges of ids",
        Some(Walk::Cursor {}) => "cursors",
        Some(Walk::Page {}) => "page numbers",
        Some(Walk::One {} | Walk::All {}) => return "one request".to_owned(),
        Some(Walk::Parent { asks_if, .. }) => {
            let parent = stream.parent.as_ref().map_or("", |parent| parent.stream.as_str());
            let which = match asks_if {
                Some(Hint { column, is: Some(value) }) => format!(" with `{column}` {value}"),
                Some(Hint { column, is: None }) => format!(" with `{column}`"),
                None => String::new(),
            };
            let modified = match &stream.incremental {
                Some(incremental) => format!("`{}` of each; ", incremental.modified_since),
                None => String::new(),
            };
            return format!("{modified}one request for each of `{parent}`{which} that changed");
        }
    };
    match &stream.incremental {
        Some(incremental) => format!("`{}`; whole by {walk}", incremental.modified_since),
        None => format!("whole by {walk}"),
    }
}
