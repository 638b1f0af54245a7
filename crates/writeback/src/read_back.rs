//! What happens to the records that an application touched: they are brought into mirror and change log.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use baxter_engine::model::change::NoticedBy;
use baxter_engine::model::clock::Clock;
use baxter_engine::model::event::Target;
use baxter_engine::model::stream;
use baxter_engine::storage::{Error, Inbox, InboxOwner, Mirror, Writer};
use baxter_engine::sync::Fetcher;
use bigcommerce::Client;
use serde::Serialize;

/// Why records could not be read back.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Brings records from the store into mirror and change log, or sees to it that a running `serve` does.
pub trait ReadBack: Sync {
    /// Settles the records of `stream` whose lookup column (`product_id` for `inventory_items`, `id` for
    /// `products` and `customers`) holds one of `ids`; those are sorted, each once, and never none.
    fn read_back(
        &self,
        stream: &'static str,
        ids: &[i64],
    ) -> impl Future<Output = Result<Settled, Failure>> + Send;
}

/// Who brings the records into mirror and change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// They are in the mirror now.
    Mirrored,
    /// A running `serve` was told, and fetches them.
    Hinted,
}

/// Reads back into the mirror of a data directory: itself when nobody else writes it, or else by hints to the one
/// who does.
pub enum Settler {
    /// The mirror is ours for as long as this lives.
    Mirror {
        /// The mirror.
        writer: Writer,
        /// What fills it.
        fetcher: Box<Fetcher>,
    },
    /// Another process writes the mirror.
    Inbox {
        /// Where hints are left.
        inbox: InboxOwner,
        /// The time that they bear.
        clock: Arc<dyn Clock>,
    },
}

impl Settler {
    /// Takes the mirror in `dir` of the store `store_hash`, or its inbox when another process writes the mirror.
    pub fn open(
        dir: &Path,
        store_hash: &str,
        client: Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Settler, Error> {
        match Mirror::open(dir, store_hash) {
            Ok(mirror) => {
                let writer = Writer::start(mirror)?;
                let fetcher = Fetcher::new(client, writer.clone(), NoticedBy::Apply).clock(clock);
                Ok(Settler::Mirror { writer, fetcher: Box::new(fetcher) })
            }
            Err(Error::Locked { .. }) => {
                Ok(Settler::Inbox { inbox: InboxOwner::start(Inbox::open(dir)?)?, clock })
            }
            Err(error) => Err(error),
        }
    }

    /// Waits until the database is closed.
    pub async fn close(self) {
        match self {
            Settler::Mirror { writer, fetcher } => {
                drop(fetcher);
                writer.close().await;
            }
            Settler::Inbox { inbox, .. } => inbox.close().await,
        }
    }
}

impl ReadBack for Settler {
    async fn read_back(&self, stream: &'static str, ids: &[i64]) -> Result<Settled, Failure> {
        match self {
            Settler::Mirror { fetcher, .. } => {
                let stream = stream::named(stream).ok_or_else(|| format!("there is no stream {stream}"))?;
                fetcher.fetch(stream, ids).await?;
                Ok(Settled::Mirrored)
            }
            Settler::Inbox { inbox, clock } => {
                // Stock and customers were seen in the store: one look is enough.
                let target = |id: &i64| Target { stream, id: Some(*id), lags: false };
                let targets: Vec<Target> = ids.iter().map(target).collect();
                let now = clock.now();
                inbox.run(move |inbox| inbox.hint(&targets, now)).await?;
                Ok(Settled::Hinted)
            }
        }
    }
}
