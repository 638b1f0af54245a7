//! Who reads the change log, and how far everybody is: the log waits for them.

use baxter_engine::storage::Positions;
use baxter_flows::dead_letter;
use serde::Serialize;

use crate::cli::{Context, blocking, mirror};
use crate::failure::{Code, Failure, mirror::failure};
use crate::print::{Cell, Format};
use baxter_engine::model::nearest::nearest;

/// A reader; `-o json` prints it.
#[derive(Serialize)]
struct Reading {
    reader: &'static str,
    name: String,
    seq: i64,
    unread: i64,
    at: Option<String>,
}

/// Prints flows and registered readers.
pub async fn list(context: &mut Context) -> Result<(), Failure> {
    let dir = context.settings.data_dir.clone();
    let readings = mirror::read(&context.settings, move |reader| {
        let last = reader.last_seq()?;
        let flows = dead_letter::flows(&dir)?.into_iter().map(|(name, seq)| Reading {
            reader: "flow",
            name,
            seq,
            unread: (last - seq).max(0),
            at: None,
        });
        let registered = reader.registered()?.into_iter().map(|reader| Reading {
            reader: "registered",
            name: reader.name,
            seq: reader.seq,
            unread: (last - reader.seq).max(0),
            at: Some(reader.at),
        });
        Ok(flows.chain(registered).collect::<Vec<_>>())
    })
    .await?;
    if context.printer.format_or(Format::Table) == Format::Json {
        return context.printer.json(&readings);
    }
    let columns = ["reader", "name", "seq", "unread", "at"];
    let mut rows = context.printer.rows(columns.map(String::from).into());
    for Reading { reader, name, seq, unread, at } in readings {
        let (seq, unread) = (Cell::Number(seq.to_string()), Cell::Number(unread.to_string()));
        rows.row(vec![reader.into(), name.into(), seq, unread, at.into()])?;
    }
    rows.end()?;
    Ok(())
}

/// Forgets a registered reader.
pub async fn forget(name: String, context: &mut Context) -> Result<(), Failure> {
    let (dir, wanted) = (context.settings.data_dir.clone(), name.clone());
    let forgot = blocking(move || Positions::open(&dir)?.forget(&wanted)).await?;
    if forgot.map_err(|error| failure(&error))? {
        context.printer.note(format_args!("the change log waits for `{name}` no longer"));
        return Ok(());
    }
    let known = mirror::read(&context.settings, |reader| reader.registered()).await?;
    let meant = nearest(&name, known.iter().map(|reader| reader.name.as_str()));
    let hint = match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`baxter changes --readers` lists them; `baxter flows forget` is for flows".to_owned(),
    };
    Err(Failure::new(Code::NotFound, format!("there is no reader `{name}`")).hint(hint))
}
