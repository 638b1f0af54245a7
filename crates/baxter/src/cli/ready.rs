//! The file that tells others where something listens.

use std::io::Write;
use std::path::Path;

use crate::failure::{Code, Failure};

/// Writes the base URL as the file's first line. Whoever waits for the file finds it whole: it is written aside
/// and renamed.
pub fn write(path: &Path, url: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Code::File, format!("cannot write the ready file: {error}"))
            .at(path.display().to_string())
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut aside = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    writeln!(aside, "{url}").map_err(failed)?;
    aside.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
