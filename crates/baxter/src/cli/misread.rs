//! A command line that was not understood, told as every other error: with its code, the place, and what was
//! probably meant.

use baxter_engine::model::nearest::nearest;
use baxter_engine::model::stream;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};

use super::Cli;
use crate::failure::Failure;

/// Words for what the parser refused; nothing when it only has help or a version to print.
pub fn failure(error: &clap::Error, arguments: &[String]) -> Option<Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        _ => {}
    }
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let mut root = Cli::command();
    root.build();
    let (path, command) = command(&root, arguments);
    let meant = match error.get(ContextKind::InvalidArg) {
        // The parser's own guess goes by letters alone; ours knows the words.
        Some(ContextValue::String(argument)) if error.kind() == ErrorKind::UnknownArgument => {
            meant(&path, command, argument)
        }
        _ => suggested(error),
    };
    let see = format!("`{} --help` tells all", path.join(" "));
    let hint = match meant {
        Some(meant) if meant.ends_with('?') => format!("{meant} {see}"),
        Some(meant) => format!("{meant}; {see}"),
        None => see,
    };
    let usage = command.clone().render_usage().to_string();
    let usage = usage.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let failure = Failure::usage(sentence(first.strip_prefix("error: ").unwrap_or(first)));
    Some(failure.at(usage.strip_prefix("Usage: ").unwrap_or(&usage)).hint(hint))
}

/// The command or value that the parser takes for the one that was meant.
fn suggested(error: &clap::Error) -> Option<String> {
    let kinds = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let word = kinds.into_iter().find_map(|kind| match error.get(kind)? {
        ContextValue::String(word) => Some(word),
        ContextValue::Strings(words) => words.last(),
        _ => None,
    })?;
    Some(format!("did you mean `{word}`?"))
}

/// Several lines as one: what is listed below the first follows it.
fn sentence(text: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    let rest: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    match rest.is_empty() {
        true => first.to_owned(),
        false => format!("{first} {}", rest.join(", ")),
    }
}

/// The command that was named, as far as it is one, and its words.
fn command<'a>(root: &'a Command, arguments: &[String]) -> (Vec<String>, &'a Command) {
    let (mut path, mut command) = (vec!["baxter".to_owned()], root);
    for word in arguments {
        if let Some(found) = command.find_subcommand(word) {
            path.push(found.get_name().to_owned());
            command = found;
        }
    }
    (path, command)
}

/// What somebody meant who typed `argument`, which the command does not know.
fn meant(path: &[String], command: &Command, argument: &str) -> Option<String> {
    let has = |name: &str| command.get_arguments().any(|known| known.get_long() == Some(name));
    let takes_streams =
        command.get_positionals().any(|known| known.get_id() == "stream" || known.get_id() == "streams");
    let Some(name) = argument.strip_prefix("--").map(|name| name.split('=').next().unwrap_or(name)) else {
        let is_stream = stream::named(argument).is_some();
        return (is_stream && has("stream")).then(|| format!("add `--stream {argument}`"));
    };
    match name {
        "stream" | "streams" if takes_streams => {
            Some(format!("streams are named without an option: `{} products`", path.join(" ")))
        }
        "out" | "file" | "to-file" if has("to") => Some("`--to FILE` names the file".to_owned()),
        "json" | "jsonl" | "csv" | "table" => Some(format!("`-o {name}` chooses the form")),
        "format" => Some("`-o FORMAT` chooses the form".to_owned()),
        _ => {
            let names: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
            nearest(name, names).map(|found| format!("did you mean `--{found}`?"))
        }
    }
}
