//! Real input: a real data set and recorded answers of real stores, imported, served and mirrored. Both stand
//! beside the checkout; without them the tests say so and pass.

mod cut;
mod payloads;
mod sample;

use std::path::{Path, PathBuf};

/// The built program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_baxter");

/// A folder of data beside the checkout, or under `BAXTER_SHARED`; says so where there is none.
fn data(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("BAXTER_SHARED").map(PathBuf::from).or_else(|| {
        let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        above.map(|folder| folder.join("shared")).find(|folder| folder.is_dir())
    });
    let found = shared.map(|shared| shared.join("data").join(name)).filter(|folder| folder.is_dir());
    if found.is_none() {
        println!("skipped: no {name} of real data beside the checkout (set BAXTER_SHARED)");
    }
    found
}
