//! Parts that last: a disk that is full or gone for a while, or one record that cannot be taken in, stops their work for
//! a while, not themselves, nor other stores.

use std::pin::pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Error, Trouble};
use crate::storage;

/// Between two attempts while mirror or inbox cannot be written.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest between two attempts after errors that do not pass by themselves.
const LONGEST: Duration = Duration::from_secs(300);

/// After so long without an error, a part is out of its trouble.
const RECOVERED: Duration = Duration::from_secs(2);

/// Runs `part` until it ends by itself or is broken, and anew after an error. What it had committed is its beginning.
pub(super) async fn lasting<F>(
    what: &'static str,
    trouble: Trouble,
    cancel: CancellationToken,
    part: impl Fn() -> F,
) -> Result<(), Error>
where
    F: Future<Output = Result<(), Error>>,
{
    let mut told: Option<String> = None;
    let mut pause = PAUSE;
    loop {
        let mut run = pin!(part());
        let result = loop {
            tokio::select! {
                result = run.as_mut() => break result,
                () = tokio::time::sleep(RECOVERED), if told.is_some() => {
                    tracing::warn!("{what} goes on");
                    trouble.tell(what, None);
                    (told, pause) = (None, PAUSE);
                }
            }
        };
        let error = match result {
            Err(Error::Task(_) | Error::Cancelled | Error::Mirror(storage::Error::Stopped)) | Ok(()) => {
                return result;
            }
            Err(error) => {
                let passes = matches!(&error, Error::Mirror(error) if error.may_pass());
                pause = if passes { PAUSE } else { (pause * 2).min(LONGEST) };
                error.to_string()
            }
        };
        if told.as_ref() != Some(&error) {
            tracing::error!(error, "{what} pauses, and is tried again");
            trouble.tell(what, Some(error.clone()));
            told = Some(error);
        }
        tokio::select! {
            () = cancel.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
    }
}
