//! `baxter init`: an annotated `baxter.toml` to start from.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::Context;
use crate::failure::{Code, Failure};
use crate::settings::{FILE, GlobalArgs, REFERENCE};

/// Write an annotated baxter.toml to start from
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Secrets are named, never written: the file says which variable or file holds the token.\n\n\
    Examples:\n  \
    baxter init --store-hash abc123\n  \
    baxter init --store-hash abc123 --store shop --token-file /run/secrets/bigcommerce\n  \
    baxter init --print"
)]
pub struct Args {
    /// Print the file instead of writing it
    #[arg(long)]
    print: bool,
}

/// Writes the file where `--config` says, filled in as far as the other flags say.
pub fn run(args: Args, global: &GlobalArgs, context: &mut Context) -> Result<(), Failure> {
    if global.token.is_some() {
        return Err(Failure::usage("the token itself does not go into the file")
            .hint("use --token-file FILE, or set BAXTER_TOKEN, which the file names by default"));
    }
    let text = fill_in(global, context)?;
    if args.print {
        return context.printer.line(text.trim_end());
    }
    let path = context.settings.named_file.clone().unwrap_or_else(|| PathBuf::from(FILE));
    let place = path.display().to_string();
    let written = std::fs::File::create_new(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Failure::new(Code::File, "the configuration file is already there")
                .at(place)
                .did("left it as it is")
                .hint("choose another with --config FILE, or look at `baxter init --print`"));
        }
        Err(error) => {
            return Err(
                Failure::new(Code::File, format!("cannot write the configuration file: {error}")).at(place)
            );
        }
    }
    context.printer.note(format_args!("Wrote {place}."));
    let doctor = match &global.config {
        Some(_) => format!("run `baxter doctor --config {place}`"),
        None => "run `baxter doctor`".to_owned(),
    };
    if context.settings.given_hash().is_none() {
        context.printer.note(format_args!(
            "Next: write the store's hash into it, set BAXTER_TOKEN to the access token, {doctor}."
        ));
    } else if global.token_file.is_none() {
        context.printer.note(format_args!("Next: set BAXTER_TOKEN to the access token, {doctor}."));
    } else {
        context.printer.note(format_args!("Next: {doctor}."));
    }
    Ok(())
}

fn fill_in(global: &GlobalArgs, context: &Context) -> Result<String, Failure> {
    let mut text = REFERENCE.to_owned();
    let mut set = |line: &str, with: String| text = text.replacen(line, &with, 1);
    let quoted = |value: &str| toml::Value::from(value).to_string();
    if let Some(name) = &global.store {
        set("[stores.main]", format!("[stores.{}]", quoted_key(name)));
        set("# default_store = \"main\"", format!("# default_store = {}", quoted(name)));
        let dir = format!("./baxter-data/{name}");
        set("# data_dir = \"./baxter-data/main\"", format!("# data_dir = {}", quoted(&dir)));
    }
    if let Some(hash) = context.settings.given_hash() {
        if hash.parse::<bigcommerce::StoreHash>().is_err() {
            return Err(Failure::usage(format!("`{hash}` is no store hash"))
                .hint("it is the part after /stores/ in the API path: 1 to 32 letters a-z and digits"));
        }
        set("# hash = \"abc123\"", format!("hash = {}", quoted(hash)));
    }
    if let Some(path) = &global.token_file {
        set(
            "token = { env = \"BAXTER_TOKEN\" }\n# token = { file = \"/run/secrets/bigcommerce-token\" }",
            format!("token = {{ file = {} }}", quoted(&from_here(path))),
        );
    }
    if let Some(url) = &global.api_url {
        set("api_url = \"https://api.bigcommerce.com\"", format!("api_url = {}", quoted(url)));
    }
    if let Some(dir) = &global.data_dir {
        set("data_dir = \"./baxter-data\"", format!("data_dir = {}", quoted(&from_here(dir))));
    }
    Ok(text)
}

/// Paths in the file are meant from where it is; this one was typed from where we are.
fn from_here(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.to_string_lossy().into_owned()
}

/// A TOML key: bare where it may be.
fn quoted_key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if bare { name.to_owned() } else { toml::Value::from(name).to_string() }
}
