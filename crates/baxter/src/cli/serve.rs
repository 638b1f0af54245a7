//! `baxter serve`: keeps the mirror up to date, by the store's notifications with polling beneath.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baxter_engine::model::change::NoticedBy;
use baxter_engine::model::stream::{Stream, all};
use baxter_engine::sync::{Observer, Rhythm, StreamSummary};
use tokio::net::TcpListener;

use super::{Context, ready, streams};
use crate::daemon;
use crate::failure::{Code, Failure};

/// Keep the mirror up to date, by webhooks with polling beneath
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Takes the store's notifications at POST /webhooks, signed with the client secret of the API account, \
    and answers each only when it is safely stored. What was modified is polled beneath, so that a lost notification \
    costs time and nothing else. /healthz and /metrics tell how it is.\n\n\
    Examples:\n  \
    baxter serve\n  \
    baxter serve --listen 127.0.0.1:9000 --poll 30s\n  \
    baxter hooks sync --destination https://hooks.example.com/webhooks"
)]
pub struct Args {
    /// Where to listen; 0 lets the system choose a port
    #[arg(long, default_value = "127.0.0.1:8480", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Allow an address that other machines can reach; put TLS in front of it
    #[arg(long)]
    listen_anywhere: bool,
    /// Write the base URL to this file once it listens
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// The API account's client secret [env: BAXTER_CLIENT_SECRET]
    #[arg(long, value_name = "SECRET")]
    client_secret: Option<crate::settings::SecretArg>,
    /// Take no notifications: polling alone
    #[arg(long, conflicts_with = "client_secret")]
    no_webhooks: bool,
    /// Keep only these streams up to date; may be repeated [default: all]
    #[arg(long = "stream", value_name = "STREAM")]
    streams: Vec<String>,
    /// Folder of flows; a missing one has none
    #[arg(long, default_value = "flows", value_name = "DIR")]
    flows: PathBuf,
    /// Time between two looks for what was modified
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = crate::settings::interval)]
    poll: Duration,
    /// Time between two complete lists of streams without modification times
    #[arg(long, default_value = "15m", value_name = "TIME", value_parser = crate::settings::interval)]
    relist: Duration,
    /// Time between two complete lists of everything, which find deletes whose notifications were lost
    #[arg(long, default_value = "24h", value_name = "TIME", value_parser = crate::settings::interval)]
    sweep: Duration,
}

/// Serves until told to stop.
pub async fn run(args: Args, context: &mut Context) -> Result<(), Failure> {
    if !args.listen.ip().is_loopback() && !args.listen_anywhere {
        return Err(Failure::usage(format!("{} can be reached from other machines", args.listen))
            .hint("put a proxy with TLS in front of a loopback address, or add --listen-anywhere"));
    }
    let mut chosen: Vec<&'static Stream> = Vec::new();
    for name in &args.streams {
        chosen.push(streams::find(name)?);
    }
    if chosen.is_empty() {
        chosen = all().iter().collect();
    }
    let flows = super::flows::load(&args.flows)?;
    let client_secret = match (&args.client_secret, args.no_webhooks) {
        (_, true) => None,
        (Some(secret), false) => Some(secret.reveal().to_owned()),
        (None, false) => Some(context.settings.client_secret().map_err(|failure| {
            let secret = failure.hint_text().unwrap_or_default().to_owned();
            failure.hint(format!("{secret}; or add --no-webhooks, to keep up to date by polling alone"))
        })?),
    };
    let client = context.settings.client()?;
    let listener = TcpListener::bind(args.listen).await.map_err(|error| {
        Failure::new(Code::Network, format!("cannot listen on {}: {error}", args.listen))
            .hint("--listen 127.0.0.1:0 lets the system choose a free port")
    })?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::new(Code::Network, format!("cannot listen on {}: {error}", args.listen)))?;
    let url = format!("http://{address}");
    let options = daemon::Options {
        client,
        data_dir: context.settings.data_dir.clone(),
        streams: chosen,
        rhythm: Rhythm { poll: args.poll, relist: args.relist, sweep: args.sweep, ..Rhythm::default() },
        client_secret,
        flows,
        listener,
        observer: Arc::new(Told { quiet: context.settings.quiet }),
        ready: {
            let (file, quiet) = (args.ready_file.clone(), context.settings.quiet);
            Box::new(move || {
                if !quiet {
                    crate::print::tell(format_args!(
                        "Baxter listens at {url}: /webhooks, /healthz, /metrics. Ctrl-C stops it."
                    ));
                }
                file.map_or(Ok(()), |path| ready::write(&path, &url))
            })
        },
    };
    daemon::run(options, &context.asked(), context.stop.clone()).await
}

/// Tells on standard error what a person wants to see scroll by.
struct Told {
    quiet: bool,
}

impl Observer for Told {
    fn began(&self, stream: &'static Stream, way: NoticedBy, resumed: bool) {
        tracing::info!(stream = stream.name, way = %way, resumed, "reading");
    }

    fn note(&self, stream: &'static Stream, text: &str) {
        tracing::warn!(stream = stream.name, "{text}");
    }

    fn ended(&self, summary: &StreamSummary) {
        let (stream, done) = (&summary.stream.name, summary.committed);
        match &summary.error {
            Some(error) => tracing::error!(stream, %error, "not up to date"),
            None if done.differences() > 0 && !self.quiet => crate::print::tell(format_args!(
                "{stream}: {} created, {} updated, {} deleted ({})",
                done.created, done.updated, done.deleted, summary.way
            )),
            None => tracing::debug!(stream, "nothing new"),
        }
    }
}
