//! The lints that every crate of ours is under.

use toml::{Table, Value};

use super::finding::Finding;
use super::packages::Package;
use super::repository::{File, find};

/// Crates with a block that needs `unsafe`: there it is denied, and lifted on the spot with a reason.
const UNSAFE: [&str; 2] = ["executor", "program"];

/// Each crate takes the lints of the workspace, or spells out at least as many.
pub fn check(files: &[File], packages: &[Package]) -> Vec<Finding> {
    let Some(workspace) = find(files, "Cargo.toml").and_then(table) else { return Vec::new() };
    let wanted = workspace.get("workspace").and_then(|table| table.get("lints"));
    // Workspaces of their own cannot inherit from this one.
    let members = packages.iter().filter(|package| package.folder.as_ref().is_some_and(|f| !f.contains('/')));
    members.filter_map(|package| lints(package, find(files, &package.place.path)?, wanted?)).collect()
}

fn table(file: &File) -> Option<Table> {
    file.text()?.parse().ok()
}

fn lints(package: &Package, manifest: &File, wanted: &Value) -> Option<Finding> {
    let manifest = table(manifest)?;
    let own = manifest.get("lints");
    if own.and_then(|lints| lints.get("workspace")).and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let missing = missing(&package.name, own, wanted.as_table()?);
    let what = format!("crate {} does without the lints {}", package.name, missing.join(", "));
    let todo = "add [lints] workspace = true, or these to its own table";
    (!missing.is_empty()).then(|| Finding::at(&package.place, what, todo))
}

fn missing(name: &str, own: Option<&Value>, wanted: &Table) -> Vec<String> {
    let mut missing = Vec::new();
    for (tool, lints) in wanted {
        for (lint, level) in lints.as_table().into_iter().flatten() {
            let set = own.and_then(|own| own.get(tool)).and_then(|lints| lints.get(lint));
            let denied = lint == "unsafe_code" && UNSAFE.contains(&name) && set.and_then(Value::as_str) == Some("deny");
            if set != Some(level) && !denied {
                missing.push(format!("{tool}::{lint}"));
            }
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::super::finding::Place;
    use super::super::repository::file;
    use super::*;

    const ROOT: &str = "[workspace.lints.rust]\nunsafe_code = 'forbid'\n[workspace.lints.clippy]\ntodo = 'deny'\n";

    fn found(name: &str, lints: &str) -> Vec<String> {
        let path = format!("{name}/Cargo.toml");
        let place = Place { path: path.clone(), line: 1 };
        let package = Package { name: name.into(), folder: Some(name.into()), place, ..Package::default() };
        let findings = check(&[file("Cargo.toml", ROOT), file(&path, lints)], &[package]);
        findings.into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn the_lints_are_inherited_or_spelled_out() {
        assert!(found("a", "[lints]\nworkspace = true\n").is_empty());
        assert!(found("a", "[lints]\nrust.unsafe_code = 'forbid'\nclippy.todo = 'deny'\nclippy.x = 'deny'").is_empty());
        assert_eq!(found("a", ""), ["crate a does without the lints clippy::todo, rust::unsafe_code"]);
        assert_eq!(found("a", "[lints]\nrust.unsafe_code = 'forbid'\nclippy.todo = 'warn'").len(), 1);
    }

    #[test]
    fn unsafe_is_lifted_in_few_crates_only() {
        let lints = "[lints]\nrust.unsafe_code = 'deny'\nclippy.todo = 'deny'\n";
        assert!(found("executor", lints).is_empty());
        assert_eq!(found("ledger", lints), ["crate ledger does without the lints rust::unsafe_code"]);
    }
}
