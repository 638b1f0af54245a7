//! Who asks: one of the store's API accounts.

use std::sync::Arc;

/// The account a request came from, by its token. Webhooks and the metafields of `app_only` are visible
/// only to the client that made them (docs/start/authentication/api-accounts.mdx).
#[derive(Debug, Clone, Default)]
pub(crate) struct Caller {
    /// The client id; empty for what the store does itself, which counts as its first account.
    pub client_id: Arc<str>,
    /// The scopes of the token; none means every scope.
    pub scopes: Arc<[String]>,
}
