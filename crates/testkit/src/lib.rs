//! What Baxter's tests share: a simulated store and the program itself as processes, started as a user would,
//! with their answers as values. Only ever a development dependency.
//!
//! Both come from the built binary, whose path an integration test of the program knows:
//!
//! ```ignore
//! let program = env!("CARGO_BIN_EXE_baxter");
//! let store = TestStore::start(program, &["--products", "300"]);
//! let baxter = TestBaxter::new(program, &store);
//! baxter.run(&["sync"]).success();
//! assert_equal(&store, &baxter);
//! ```
//!
//! Nothing outlives a test: processes are killed and reaped, folders removed.

mod digest;
mod http;
mod log;
mod money;
mod process;
mod program;
mod random;
mod serve;
mod store;

pub use digest::{Digest, STREAMS, assert_equal, assert_log_is_mirror, assert_replayed_is_mirror};
pub use http::{Answer, send, send_bytes};
pub use log::{Change, ChangeLog, Replayed, Values};
pub use money::Exact;
pub use process::{Running, wait_until};
pub use program::{Output, TestBaxter};
pub use random::Random;
pub use serve::{Serving, free_port};
pub use store::{CANARY, SECRET, Stats, TestStore};
