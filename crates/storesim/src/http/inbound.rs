//! A request's body on its way in: bounded, with an end to waiting for it.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures::StreamExt;

use crate::serve::Failure;

/// How long the next piece of a body may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A body that may not be read to its end yet.
pub(super) struct Inbound {
    stream: BodyDataStream,
    patience: Duration,
    /// Nothing more comes, or nothing that could be read.
    is_over: bool,
}

impl Inbound {
    /// A body as it came.
    pub fn new(body: Body) -> Self {
        Self { stream: body.into_data_stream(), patience: PATIENCE, is_over: false }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        if self.is_over {
            return Ok(None);
        }
        let failure = match tokio::time::timeout(self.patience, self.stream.next()).await {
            Ok(Some(Ok(piece))) => return Ok(Some(piece)),
            Ok(None) => {
                self.is_over = true;
                return Ok(None);
            }
            Ok(Some(Err(_))) => Failure::new(400, "Input is invalid"),
            Err(_) => Failure::new(408, "The request body did not arrive in time."),
        };
        self.is_over = true;
        Err(failure)
    }

    /// The whole of it.
    ///
    /// # Errors
    /// 413 for more than `most` bytes, 400 for a broken transfer, 408 for one that stalls.
    pub async fn read(&mut self, most: usize) -> Result<Bytes, Failure> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await? {
            if piece.len() > most - whole.len() {
                return Err(Failure::new(413, "The request payload is too large."));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.into())
    }

    /// Takes what is left in, up to `most` bytes, so that a client that still sends gets to see the answer:
    /// closing a connection with unread bytes resets it.
    pub async fn drain(mut self, most: usize) {
        let mut left = most;
        while left > 0
            && let Ok(Some(piece)) = self.next().await
        {
            left = left.saturating_sub(piece.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_bounded_and_waited_for_with_an_end() {
        let pieces = || ["ab", "cd"].map(|text| Ok::<_, std::io::Error>(Bytes::from(text)));
        let whole = || Inbound::new(Body::from_stream(futures::stream::iter(pieces())));
        assert_eq!(whole().read(4).await.unwrap(), "abcd");
        assert_eq!(whole().read(3).await.unwrap_err().status, 413);
        let broken = [Ok(Bytes::from("ab")), Err(std::io::Error::from(std::io::ErrorKind::InvalidData))];
        let broken = Inbound::new(Body::from_stream(futures::stream::iter(broken))).read(4).await;
        assert_eq!(broken.unwrap_err().status, 400);
        let stalled = futures::stream::iter(pieces()).chain(futures::stream::pending());
        let mut stalled = Inbound::new(Body::from_stream(stalled));
        stalled.patience = Duration::from_millis(5);
        assert_eq!(stalled.read(9).await.unwrap_err().status, 408);
        stalled.drain(9).await;
    }
}
