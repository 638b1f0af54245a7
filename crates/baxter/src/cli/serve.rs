//! `baxter serve`: keeps the mirror up to date, by the store's notifications with polling beneath.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baxter_engine::model::change::NoticedBy;
use baxter_engine::model::stream::Stream;
use baxter_engine::sync::hooks::Kept;
use baxter_engine::sync::verify::Report;
use baxter_engine::sync::verify_reason::Reason;
use baxter_engine::sync::{Error, Observer, Rhythm, StreamSummary};
use baxter_server::telemetry;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Context, ready, streams};
use crate::daemon::{self, Daemon, Door};
use crate::failure::client::AskedOf;
use crate::failure::{Code, Failure};
use crate::settings::{GlobalArgs, Settings, Variables};

/// Keep the mirror up to date, by webhooks with polling beneath
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Takes the store's notifications at POST /webhooks, signed with the client secret of the API account, \
    and answers each only when it is safely stored. What was modified is polled beneath, so that a lost notification \
    costs time and nothing else. /healthz, /readyz and /metrics tell how it is.\n\n\
    SIGHUP reads configuration, flows, secrets and certificate anew; what cannot be used is told and left.\n\n\
    Examples:\n  \
    baxter serve\n  \
    baxter serve --listen 127.0.0.1:9000 --poll 30s\n  \
    baxter serve --all-stores\n  \
    baxter serve --listen 0.0.0.0:443 --listen-anywhere --tls-certificate chain.pem --tls-key key.pem\n  \
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
    /// Keep only these streams up to date, or patterns such as order_*; may be repeated [default: as configured]
    #[arg(long = "stream", value_name = "STREAM")]
    streams: Vec<String>,
    /// Serve every store of the configuration file, each with a quota, a mirror and flows (FLOWS/NAME) of its own
    #[arg(long, conflicts_with_all = ["client_secret", "store", "store_hash", "token", "token_file", "data_dir"])]
    all_stores: bool,
    /// Encrypt with the certificate of this PEM file, its chain included
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The certificate's private key, a PEM file
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Folder of flows; a missing one has none
    #[arg(long, default_value = "flows", value_name = "DIR")]
    flows: PathBuf,
    /// Keep the store's hooks for this address, at which the store reaches /webhooks; without it, for the one that
    /// `baxter hooks sync` last set in this data directory
    #[arg(long, value_name = "URL", conflicts_with = "no_webhooks")]
    destination: Option<String>,
    /// Time between two looks at the store's hooks
    #[arg(long, default_value = "10m", value_name = "TIME", value_parser = crate::settings::interval)]
    check_hooks: Duration,
    /// Take the machine's clock to be so many seconds ahead, for tests of wrong clocks
    #[arg(long, default_value_t = 0, hide = true, allow_negative_numbers = true)]
    clock_offset: i64,
    /// Time between two looks for what was modified, while notifications are silent; up to eight times as long while
    /// they come and leave nothing to find
    #[arg(long, default_value = "60s", value_name = "TIME", value_parser = crate::settings::interval)]
    poll: Duration,
    /// Time between two complete lists of streams without modification times
    #[arg(long, default_value = "15m", value_name = "TIME", value_parser = crate::settings::interval)]
    relist: Duration,
    /// Time in which every stream is compared with the store once, one after the other
    #[arg(long, default_value = "24h", value_name = "TIME", value_parser = crate::settings::interval)]
    sweep: Duration,
}

impl Args {
    /// Whether every store of the configuration file is served.
    pub fn all_stores(&self) -> bool {
        self.all_stores
    }
}

/// Serves until told to stop.
pub async fn run(args: Args, global: &GlobalArgs, context: &mut Context) -> Result<(), Failure> {
    if !args.listen.ip().is_loopback() && !args.listen_anywhere {
        return Err(Failure::usage(format!("{} can be reached from other machines", args.listen))
            .hint("put a proxy with TLS in front of a loopback address, or add --listen-anywhere"));
    }
    let mut reloads = signal(SignalKind::hangup())
        .map_err(|error| Failure::new(Code::Internal, format!("cannot watch for signals: {error}")))?;
    let mut work = load(&args, global)?;
    let listener = Arc::new(listen(args.listen).await?);
    let metrics = daemon::metrics()?;
    let door = |tls| Door { listener: Arc::clone(&listener), tls, metrics: metrics.clone() };
    let mut daemon = Daemon::open(work.stores.clone(), door(work.tls.clone())).await?;
    ready(&args, &listener, context)?;
    loop {
        let stop = context.stop.child_token();
        let mut serving = tokio::spawn(daemon.run(stop.clone()));
        let anew = loop {
            tokio::select! {
                ended = &mut serving => return ended.map_err(|error| super::ended(&error))?,
                Some(()) = reloads.recv() => match load(&args, global) {
                    Ok(anew) => break anew,
                    Err(failure) => not_used(&failure),
                },
            }
        };
        stop.cancel();
        serving.await.map_err(|error| super::ended(&error))??;
        daemon = match Daemon::open(anew.stores.clone(), door(anew.tls.clone())).await {
            Ok(daemon) => {
                work = anew;
                daemon
            }
            Err(failure) => {
                not_used(&failure);
                Daemon::open(work.stores.clone(), door(work.tls.clone())).await?
            }
        };
        if !context.settings.quiet {
            crate::print::tell("Baxter begins anew with what was read.");
        }
    }
}

/// Tells that what was read at a SIGHUP cannot be worked with; what ran before goes on.
fn not_used(failure: &Failure) {
    tracing::error!(%failure, "what was read anew is not used");
}

/// The configuration file names no store.
pub fn no_stores() -> Failure {
    Failure::new(Code::Configuration, "no stores are configured")
        .hint("--all-stores serves each [stores.NAME] of baxter.toml")
}

/// What is read at the beginning, and again at each SIGHUP.
struct Work {
    stores: Vec<daemon::StoreOptions>,
    tls: Option<Arc<ServerConfig>>,
}

fn load(args: &Args, global: &GlobalArgs) -> Result<Work, Failure> {
    let variables = Variables::of_process();
    let mut stores = Vec::new();
    if args.all_stores {
        for (name, settings) in Settings::all(global, &variables)? {
            stores.push(store(args, &settings, &args.flows.join(&name), format!("{name}: "))?);
        }
        if stores.is_empty() {
            return Err(no_stores());
        }
        let mut dirs = std::collections::BTreeSet::new();
        if let Some(twice) = stores.iter().find(|store| !dirs.insert(store.data_dir.clone())) {
            return Err(Failure::new(Code::Configuration, "two stores have the same data directory")
                .at(twice.data_dir.display().to_string())
                .hint("give each [stores.NAME] a data_dir of its own"));
        }
    } else {
        // What the command line and variables say is the same as before; the file may differ.
        stores.push(store(args, &Settings::resolve(global, &variables)?, &args.flows, String::new())?);
    }
    Ok(Work { stores, tls: tls(args)? })
}

/// What one store is served with; `of` stands before what is told of it.
fn store(
    args: &Args,
    settings: &Settings,
    flows: &Path,
    of: String,
) -> Result<daemon::StoreOptions, Failure> {
    let chosen = match args.streams.as_slice() {
        [] => settings.streams.clone(),
        patterns => streams::choose(patterns)?,
    };
    let client_secret = match (&args.client_secret, args.no_webhooks) {
        (_, true) => None,
        (Some(secret), false) => Some(secret.reveal().to_owned()),
        (None, false) => Some(settings.client_secret().map_err(|failure| {
            let secret = failure.hint_text().unwrap_or_default().to_owned();
            failure.hint(format!("{secret}; or add --no-webhooks, to keep up to date by polling alone"))
        })?),
    };
    let client = settings.client()?;
    let store = client.store().to_string();
    Ok(daemon::StoreOptions {
        client,
        data_dir: settings.data_dir.clone(),
        log_retention: settings.log_retention,
        streams: chosen,
        rhythm: Rhythm {
            poll: args.poll,
            relist: args.relist,
            sweep: args.sweep,
            hooks: args.check_hooks,
            ..Rhythm::default()
        },
        destination: args.destination.clone(),
        clock_offset: args.clock_offset,
        client_secret,
        flows: super::flows::load(flows)?,
        observer: Arc::new(Told { store, of, quiet: settings.quiet }),
        asked: AskedOf::new(settings),
    })
}

fn tls(args: &Args) -> Result<Option<Arc<ServerConfig>>, Failure> {
    let (Some(certificate), Some(key)) = (&args.tls_certificate, &args.tls_key) else { return Ok(None) };
    let configuration = baxter_server::tls::configuration(certificate, key).map_err(|error| {
        Failure::new(Code::File, error.to_string())
            .hint("both are PEM files: the certificate with its chain, and its private key")
    })?;
    Ok(Some(configuration))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::new(Code::Network, format!("cannot listen on {address}: {error}"))
            .hint("--listen 127.0.0.1:0 lets the system choose a free port")
    })
}

/// Tells where it listens.
fn ready(args: &Args, listener: &TcpListener, context: &Context) -> Result<(), Failure> {
    let address = listener
        .local_addr()
        .map_err(|error| Failure::new(Code::Network, format!("cannot listen on {}: {error}", args.listen)))?;
    let scheme = if args.tls_certificate.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{address}");
    if !context.settings.quiet {
        crate::print::tell(format_args!(
            "Baxter listens at {url}: /webhooks, /healthz, /readyz, /metrics. Ctrl-C stops it."
        ));
    }
    args.ready_file.as_ref().map_or(Ok(()), |path| ready::write(path, &url))
}

/// Tells on standard error what a person wants to see scroll by.
struct Told {
    store: String,
    /// The store's name and a colon, when there are several.
    of: String,
    quiet: bool,
}

impl Observer for Told {
    fn began(&self, stream: &'static Stream, way: NoticedBy, resumed: bool) {
        tracing::info!(store = self.store, stream = stream.name, way = %way, resumed, "reading");
    }

    fn note(&self, stream: &'static Stream, text: &str) {
        tracing::warn!(store = self.store, stream = stream.name, "{text}");
    }

    fn hooks(&self, kept: &Kept) {
        for step in &kept.done {
            tracing::warn!(store = self.store, "the store's hooks: {}", super::hooks::did(step));
        }
        for (step, why) in &kept.refused {
            tracing::error!(
                store = self.store,
                "the store's hooks: could not {}: {why}",
                super::hooks::words(step)
            );
        }
        telemetry::hooks_repaired(&self.store, kept.done.len() as u64);
        if !kept.done.is_empty() && !self.quiet {
            crate::print::tell(format_args!(
                "{}hooks: {} were missing or silent, and are not any more; what changed meanwhile is read",
                self.of,
                kept.done.len()
            ));
        }
    }

    fn hooks_unknown(&self, why: &str) {
        tracing::error!(store = self.store, "the store's hooks cannot be looked at: {why}");
    }

    fn compared(&self, report: &Report) {
        for proof in &report.streams {
            for (reason, differences) in &proof.reasons {
                if *reason != Reason::Meanwhile {
                    telemetry::findings(&self.store, &proof.stream, reason.name(), *differences);
                }
            }
            let (stream, result) = (&proof.stream, proof.result.as_str());
            match &proof.error {
                Some(error) => tracing::error!(store = self.store, stream, error, "not compared to its end"),
                None => tracing::info!(
                    store = self.store,
                    stream,
                    result,
                    proof.records,
                    proof.differences,
                    "compared with the store"
                ),
            }
        }
    }

    fn ended(&self, summary: &StreamSummary) {
        let (stream, done) = (&summary.stream.name, summary.committed);
        match &summary.error {
            // Whoever stopped it knows; it goes on the next time.
            Some(Error::Cancelled) => tracing::debug!(store = self.store, stream, "stopped"),
            Some(error) => tracing::error!(store = self.store, stream, %error, "not up to date"),
            None if done.differences() > 0 && !self.quiet => crate::print::tell(format_args!(
                "{}{stream}: {} created, {} updated, {} deleted ({})",
                self.of, done.created, done.updated, done.deleted, summary.way
            )),
            None => tracing::debug!(store = self.store, stream, "nothing new"),
        }
    }
}
