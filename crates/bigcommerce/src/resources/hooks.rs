//! Subscriptions to notifications (`reference/webhooks.v3.yml`).
//!
//! A hook belongs to the API account that made it; no other sees it. There are ten a scope at most, one for
//! each scope and destination. After 90 days without an event, or when deliveries failed for two days, the
//! store switches it off: look at `is_active` now and then.

use std::collections::BTreeMap;

use super::resource::resource;
use crate::Time;
use crate::model::{draft, record};

record! {
    /// A hook.
    Hook {
        /// The key.
        id: i64,
        client_id: String,
        store_hash: String,
        /// See [`crate::webhook::SCOPES`].
        scope: String,
        destination: String,
        /// Sent along with each notification.
        headers: Headers,
        is_active: bool,
        events_history_enabled: bool,
        created_at: Time,
        updated_at: Time,
    }
}

/// Headers of one's own, by name. They often hold a secret, so that values are not printed.
#[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Headers(pub BTreeMap<String, String>);

impl std::fmt::Debug for Headers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl crate::model::Lenient for Headers {
    fn read(json: &str) -> Option<(Self, bool)> {
        serde_json::from_str(json).ok().map(|headers| (headers, true))
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Headers {
    fn from(pairs: [(K, V); N]) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

draft! {
    /// A hook to be created. The destination is https on port 443; it may take a minute to take effect.
    NewHook(scope: String, destination: String),
    /// Changes of a hook. `is_active(true)` switches one on again that the store switched off.
    HookUpdate {
        is_active: bool,
        headers: Headers,
        events_history_enabled: bool,
    }
}

resource!(Hook { "/v3/hooks", Offset, "id": i64, Path, Path },
    get, create NewHook, update HookUpdate, delete);
