//! Which streams a pass is under way over: two over one stream would take each other's notes for their own.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::model::change::NoticedBy;

/// What a pass reads of a stream; the one knows nothing of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Over {
    /// What was modified.
    Modified,
    /// Everything.
    Everything,
}

impl Over {
    /// What a pass reads.
    pub fn of(way: NoticedBy) -> Over {
        match way {
            NoticedBy::Incremental => Over::Modified,
            _ => Over::Everything,
        }
    }
}

/// What can be claimed: a stream, and what is read of it.
pub(super) type Name = (&'static str, Over);

/// The streams that are claimed by passes of this process over one mirror; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Claims(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    claimed: Mutex<BTreeSet<Name>>,
    ended: Notify,
}

/// A claim on some streams, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    claims: Claims,
    streams: Vec<Name>,
}

impl Claims {
    /// A claim on all of `streams`, if none of them is claimed.
    pub(super) fn try_claim(&self, streams: &[Name]) -> Option<Claim> {
        let mut claimed = self.claimed();
        if streams.iter().any(|stream| claimed.contains(stream)) {
            return None;
        }
        claimed.extend(streams);
        Some(Claim { claims: self.clone(), streams: streams.to_vec() })
    }

    /// A claim on all of `streams`, once none of them is claimed.
    pub(super) async fn claim(&self, streams: &[Name]) -> Claim {
        loop {
            let mut ended = pin!(self.0.ended.notified());
            // From here on no end is missed.
            ended.as_mut().enable();
            if let Some(claim) = self.try_claim(streams) {
                return claim;
            }
            ended.await;
        }
    }

    /// Whether everything of `stream` is being read.
    pub(super) fn is_claimed(&self, stream: &str) -> bool {
        self.claimed().iter().any(|(name, over)| *name == stream && *over == Over::Everything)
    }

    fn claimed(&self) -> MutexGuard<'_, BTreeSet<Name>> {
        // What is in there is whole at any time.
        self.0.claimed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.claimed().retain(|stream| !self.streams.contains(stream));
        self.claims.0.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stream_is_claimed_once_and_whoever_waits_comes_next() {
        let claims = Claims::default();
        let all = |name| (name, Over::Everything);
        let first = claims.try_claim(&[all("products"), all("variants")]).unwrap();
        assert!(claims.try_claim(&[all("variants")]).is_none() && claims.is_claimed("products"));
        let polled = claims.try_claim(&[("products", Over::Modified)]).unwrap();
        let other = claims.try_claim(&[all("orders")]).unwrap();
        let (waits, both) = (claims.clone(), [all("variants"), all("orders")]);
        let waiting = tokio::spawn(async move { waits.claim(&both).await });
        tokio::task::yield_now().await;
        drop(first);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(other);
        let second = waiting.await.unwrap();
        assert!(claims.try_claim(&[all("orders")]).is_none() && !claims.is_claimed("products"));
        drop((second, polled));
        assert!(!claims.is_claimed("orders"));
    }
}
