//! What happens to the records that an application touched: they are brought into mirror and change log.

use std::future::Future;

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
