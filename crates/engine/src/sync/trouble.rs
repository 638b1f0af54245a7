//! What prevents that a store is kept up to date, as its parts tell it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The troubles of the parts that keep one store up to date; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Trouble(Arc<Mutex<BTreeMap<&'static str, String>>>);

impl Trouble {
    /// Tells the trouble of a part, or that it has none any more.
    pub fn tell(&self, part: &'static str, trouble: Option<String>) {
        // What is in there is whole at any time.
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble {
            Some(trouble) => parts.insert(part, trouble),
            None => parts.remove(part),
        };
    }

    /// Any trouble, in words.
    pub fn any(&self) -> Option<String> {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.iter().next().map(|(part, trouble)| format!("{part}: {trouble}"))
    }
}
