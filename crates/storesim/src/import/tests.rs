//! The import through its door: folders of files in, rows or an error out.

use std::path::{Path, PathBuf};

/// The recorded answers beside the checkout, when they are there.
pub(crate) fn payloads() -> Option<PathBuf> {
    let shared = std::env::var_os("BAXTER_SHARED").map(PathBuf::from).or_else(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        here.ancestors().map(|folder| folder.join("shared")).find(|folder| folder.is_dir())
    });
    let payloads = shared.map(|shared| shared.join("data/payloads")).filter(|folder| folder.is_dir());
    if payloads.is_none() {
        eprintln!("skipped: no recorded answers found (set BAXTER_SHARED)");
    }
    payloads
}
