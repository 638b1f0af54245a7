//! `baxter trigger`: makes an event happen in a simulated store.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::Context;
use crate::control;
use crate::failure::{Code, Failure};

/// Make an event happen in a simulated store
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The event is about a record that is there; nothing changes, and hooks are told of it.\n\n\
    Examples:\n  \
    baxter trigger store/order/created --api-url http://127.0.0.1:8080 --store-hash simstore --token simtoken\n  \
    baxter trigger store/product/updated --id 77\n  \
    baxter trigger store/channel/1/order/statusUpdated -o json"
)]
pub struct Args {
    /// The event, such as store/order/created; not a wildcard
    #[arg(value_name = "SCOPE")]
    scope: String,
    /// The record it is about [default: the first one that fits]
    #[arg(long, value_name = "N")]
    id: Option<i64>,
}

/// Asks the store for the event.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    let url = context.settings.connection()?.api_url;
    let origin = url.as_deref().filter(|url| url.starts_with("http://")).ok_or_else(|| {
        Failure::usage("only a simulated store makes events on demand")
            .hint("start one with `baxter sim` and name it: --api-url http://127.0.0.1:PORT")
    })?;
    let body = match args.id {
        Some(id) => json!({"scope": args.scope, "id": id}),
        None => json!({"scope": args.scope}),
    };
    let patience = context.settings.requests.timeout;
    let answer =
        control::ask(origin, Method::POST, "trigger", Some(&body), patience).await.map_err(|why| {
            Failure::new(Code::Network, format!("no answer from the simulated store: {why}")).at(origin)
        })?;
    let told = answer.body;
    if answer.status != StatusCode::OK {
        let strange = || Failure::new(Code::Simulator, "this is no simulated store").at(origin);
        let reason = told["error"].as_str().ok_or_else(strange)?;
        return Err(Failure::usage(reason).did("told nothing"));
    }
    if context.printer.told(&told)? {
        return Ok(());
    }
    context.printer.line(format_args!("told {} {}", args.scope, told["data"]))
}
