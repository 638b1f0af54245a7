//! What the demonstration plays on: a store in this process and a data directory that goes away.

use std::path::Path;
use std::time::Duration;

use bigcommerce::Client;
use reqwest::Method;
use serde::Deserialize;
use storesim::{Options, Simulator};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::cli::Context;
use crate::control;
use crate::failure::{Code, Failure};
use crate::settings::{GlobalArgs, Settings, Variables};

/// More than the store needs to compute a digest of what the demonstration holds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A store that is being served, and everything to reach it.
pub struct Stage {
    simulator: Simulator,
    folder: TempDir,
    /// Settings that name the store and the temporary data directory.
    pub settings: Settings,
    /// A client for the store.
    pub client: Client,
    /// What the store signs its notifications with.
    pub client_secret: String,
}

/// The digest as the store computes it of its own data.
#[derive(Debug, Deserialize)]
pub struct StoreDigest {
    /// How many records.
    pub count: u64,
    /// In hexadecimal.
    pub sha256: String,
}

impl Stage {
    /// Starts the store on a port that is free.
    pub async fn set(options: Options, context: &Context) -> Result<Self, Failure> {
        let failed =
            |error: String| Failure::new(Code::Simulator, format!("the store did not start: {error}"));
        let folder = tempfile::Builder::new()
            .prefix("baxter-demo-")
            .tempdir()
            .map_err(|error| failed(format!("no temporary directory: {error}")))?;
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| failed(error.to_string()))?;
        let (hash, token) = (options.store_hash.clone(), options.token.clone());
        let client_secret = options.client_secret.clone();
        let simulator =
            storesim::start(options, listener).await.map_err(|error| failed(error.to_string()))?;
        // The demonstration listens to no variable and no file: its store is its own.
        let args = GlobalArgs {
            store_hash: Some(hash),
            token: Some(token.into()),
            api_url: Some(simulator.url().to_owned()),
            data_dir: Some(folder.path().join("data")),
            quiet: context.settings.quiet,
            ..GlobalArgs::default()
        };
        let settings = Settings::without_file(&args, &Variables::default())?;
        let client = settings.client()?;
        Ok(Self { simulator, folder, settings, client, client_secret })
    }

    /// A folder that goes away with the stage.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the store is.
    pub fn url(&self) -> &str {
        self.simulator.url()
    }

    /// What the store says of its own data.
    pub async fn store_digest(&self, stream: &str) -> Result<StoreDigest, Failure> {
        let failed =
            |error: String| Failure::new(Code::Simulator, format!("no digest of the store: {error}"));
        let name = format!("digest/{stream}");
        let answer = control::ask(self.url(), Method::GET, &name, None, PATIENCE);
        let answer = answer.await.map_err(failed)?;
        serde_json::from_value(answer.body).map_err(|error| failed(error.to_string()))
    }

    /// Stops the store and removes the data directory.
    pub async fn take_down(self) {
        let Self { simulator, folder, client, .. } = self;
        drop(client);
        simulator.stop().await;
        // A directory that cannot be removed is in the system's own folder for such things.
        folder.close().ok();
    }
}
