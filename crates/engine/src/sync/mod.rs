//! What brings the mirror up to date with the store, and keeps it so.
//!
//! Polling: [`plan`] decides which way a stream is read (pure), a walk reads it to its end, absences are settled,
//! and [`Service`] does so for every stream and tells an [`Observer`]. Events: an [`Intake`] puts them into the
//! inbox, [`plan_fetch`] finds the fewest requests for what they concern (pure), and a [`Fetcher`] carries these
//! out. [`Live`] runs both side by side; [`hooks`] makes the store send events.

mod absence;
mod claims;
mod comparisons;
mod end;
mod error;
mod fetch;
pub mod hooks;
mod intake;
mod lasting;
mod live;
mod observe;
mod pauses;
pub mod plan;
pub mod plan_fetch;
mod read;
mod rhythm;
mod service;
mod settle;
mod totals;
mod trouble;
mod turn;
pub mod verify;
pub mod verify_reason;
mod verify_report;
mod walk;

pub use claims::Claims;
pub use error::Error;
pub use fetch::Fetcher;
pub use intake::{Intake, IntakeService, Refused};
pub use live::{DESTINATION, Live, Unsettled};
pub use observe::{Observer, Silent};
pub use rhythm::Rhythm;
pub use service::{Options, Service, Skipped, StreamSummary, Summary};
pub use trouble::Trouble;
