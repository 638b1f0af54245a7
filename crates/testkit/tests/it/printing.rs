//! Output has one door: the printer of the program. Libraries return values and log.

use std::path::Path;

use crate::workspace::{code, folder_name, packages, sources};

const MACROS: [&str; 4] = ["println!(", "print!(", "eprintln!(", "eprint!("];

#[test]
fn only_the_printer_prints() {
    let mut wrong = Vec::new();
    let packages = packages();
    let names = packages.iter().filter_map(|package| package["name"].as_str()).map(folder_name);
    for krate in names.filter(|name| name != "testkit") {
        for (path, text) in sources(&format!("crates/{krate}/src")) {
            if is_test(&path) || krate == "baxter" && is_printer(&path) {
                continue;
            }
            for (number, line) in text.lines().enumerate() {
                if MACROS.iter().any(|name| code(line).contains(name)) {
                    wrong.push(format!("crates/{krate}/src/{}:{}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "write through the printer of crates/baxter:\n  {}", wrong.join("\n  "));
}

fn is_printer(path: &Path) -> bool {
    path.starts_with("print") || path == Path::new("print.rs")
}

fn is_test(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "tests.rs")
}
