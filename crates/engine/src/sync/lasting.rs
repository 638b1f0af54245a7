//! Parts that last: a disk that is full or gone for a while stops their work, not themselves.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Error;

/// Between two attempts while mirror or inbox cannot be written.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs `part` until it ends by itself, and anew after an error that may pass. What it had committed is its beginning.
pub(super) async fn lasting<F>(
    what: &'static str,
    cancel: CancellationToken,
    part: impl Fn() -> F,
) -> Result<(), Error>
where
    F: Future<Output = Result<(), Error>>,
{
    let mut told = None;
    loop {
        let error = match part().await {
            Err(Error::Mirror(error)) if error.may_pass() => error.to_string(),
            result => return result,
        };
        if told.as_ref() != Some(&error) {
            tracing::error!(error, "{what} pauses until mirror and inbox can be written again");
            told = Some(error);
        }
        tokio::select! {
            () = cancel.cancelled() => return Ok(()),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}
