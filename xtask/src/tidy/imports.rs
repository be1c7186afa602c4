//! The import table of the architecture: which crate may name which.

use super::finding::Finding;
use super::packages::{Dependency, Package};

/// A crate of ours, its storey and what it may import.
struct Row {
    name: &'static str,
    /// Imports, of tests too, lead to a lower storey only.
    storey: u8,
    imports: &'static [&'static str],
}

const fn row(name: &'static str, storey: u8, imports: &'static [&'static str]) -> Row {
    Row { name, storey, imports }
}

const TABLE: &[Row] = &[
    row("types", 0, &[]),
    row("ports", 0, &[]),
    row("program", 0, &[]),
    row("ledger", 1, &["types", "ports"]),
    row("engine", 1, &["ports"]),
    row("executor", 1, &["types"]),
    row("receipt", 1, &["types", "ports"]),
    row("api", 1, &["types"]),
    row("engine-sim", 2, &["ports", "engine"]),
    row("receipt-wasm", 2, &["types", "receipt"]),
    row("replica", 2, &["types", "ports", "ledger", "receipt"]),
    row("node", 3, &["types", "ports", "ledger", "engine", "executor", "receipt", "api", "replica"]),
    row("client", 3, &["types", "api", "receipt"]),
    row("lemma", 4, &["types", "ports", "ledger", "engine", "executor", "receipt", "api", "replica", "node", "client"]),
    row("sim", 5, &["types", "ports", "ledger", "engine", "engine-sim", "executor", "replica", "receipt"]),
    row("bench", 5, &["types", "ports", "ledger"]),
    row("xtask", 5, &[]),
];

/// Packages of others that only some of ours may name.
struct Ban {
    matches: fn(&str) -> bool,
    crates: fn(&str) -> bool,
    why: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        matches: |package| package.starts_with("commonware-"),
        crates: |ours| !["types", "receipt", "engine", "engine-sim"].contains(&ours),
        why: "only types, receipt, engine and engine-sim name commonware; use ports, or a type of types",
    },
    Ban {
        matches: |package| package == "commonware-runtime",
        crates: |ours| ["types", "receipt"].contains(&ours),
        why: "types and receipt know no runtime",
    },
    Ban {
        matches: |package| {
            let runtimes = ["async-std", "async-executor", "async-io", "mio", "smol", "futures", "rayon"];
            package.starts_with("tokio") || package.starts_with("futures-") || runtimes.contains(&package)
        },
        crates: |ours| ["types", "ports", "ledger", "replica", "receipt"].contains(&ours),
        why: "this crate is synchronous; the shell around it waits",
    },
    Ban {
        matches: |package| package.starts_with("rand") || package == "getrandom" || package == "fastrand",
        crates: |ours| ["types", "ports", "ledger", "replica", "receipt"].contains(&ours),
        why: "this crate has no randomness of its own; take it as an argument",
    },
];

/// Compares the manifests with the table.
pub fn check(packages: &[Package]) -> Vec<Finding> {
    packages.iter().filter(|package| package.ours()).flat_map(of_crate).collect()
}

fn of_crate(package: &Package) -> Vec<Finding> {
    let folder = package.folder.as_deref().unwrap_or_default();
    let Some(row) = TABLE.iter().find(|row| row.name == package.name) else {
        // Workspaces of their own, such as programs/, link the SDK and nothing else of ours.
        return if folder.contains('/') { outside(package) } else { vec![unknown(package)] };
    };
    package.dependencies.iter().filter_map(|dependency| import(row, dependency)).collect()
}

fn unknown(package: &Package) -> Finding {
    let what = format!("crate {} is not in the import table", package.name);
    Finding::at(&package.place, what, "give it a row in docs/architecture.md and xtask/src/tidy/imports.rs")
}

fn outside(package: &Package) -> Vec<Finding> {
    let free = |d: &Dependency| d.name == "program" || (d.dev && d.name == "executor");
    let ours = |d: &&Dependency| !free(d) && TABLE.iter().any(|row| row.name == d.name);
    let what = |d: &Dependency| format!("{} imports {}", package.name, d.name);
    let found = package.dependencies.iter().filter(ours);
    found
        .map(|d| {
            Finding::at(
                &d.place,
                what(d),
                "of ours a program links the SDK only: program; its tests may run it with executor",
            )
        })
        .collect()
}

fn import(row: &Row, dependency: &Dependency) -> Option<Finding> {
    let name = dependency.name.as_str();
    let finding = |todo: &str| Finding::at(&dependency.place, format!("{} imports {name}", row.name), todo);
    let Some(target) = TABLE.iter().find(|row| row.name == name) else {
        let ban = BANS.iter().find(|ban| !dependency.dev && (ban.matches)(name) && (ban.crates)(row.name));
        return ban.map(|ban| finding(ban.why));
    };
    if dependency.dev {
        let up = target.storey >= row.storey;
        return up.then(|| finding("tests import downwards only; move the test up to the crate that knows both"));
    }
    let allowed = row.imports.contains(&name);
    (!allowed).then(|| finding("the table in docs/architecture.md does not allow it; move the code, or write an ADR"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(name: &str, folder: &str, dependency: &str, dev: bool) -> Vec<String> {
        let dependency = Dependency { name: dependency.into(), dev, features_only: false, place: Default::default() };
        let (name, folder) = (name.to_string(), Some(folder.to_string()));
        let package = Package { name, folder, dependencies: vec![dependency], ..Package::default() };
        check(&[package]).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn the_table_itself_points_down() {
        for row in TABLE {
            for import in row.imports {
                let target = TABLE.iter().find(|row| row.name == *import).unwrap();
                assert!(target.storey < row.storey, "{} -> {import}", row.name);
            }
        }
    }

    #[test]
    fn an_import_upwards_or_aside_is_found() {
        assert!(messages("ledger", "ledger", "types", false).is_empty());
        assert_eq!(messages("ledger", "ledger", "replica", false), ["ledger imports replica"]);
        assert_eq!(messages("engine", "engine", "types", false), ["engine imports types"]);
        assert_eq!(messages("types", "types", "ports", false), ["types imports ports"]);
    }

    #[test]
    fn tests_may_import_any_lower_storey() {
        assert!(messages("engine", "engine", "types", true).is_empty());
        assert_eq!(messages("ledger", "ledger", "replica", true), ["ledger imports replica"]);
        assert_eq!(messages("ledger", "ledger", "executor", true), ["ledger imports executor"]);
    }

    #[test]
    fn packages_of_others_are_banned_where_they_do_not_belong() {
        assert_eq!(messages("node", "node", "commonware-p2p", false), ["node imports commonware-p2p"]);
        assert_eq!(messages("replica", "replica", "tokio", false), ["replica imports tokio"]);
        assert_eq!(messages("ledger", "ledger", "rand_core", false), ["ledger imports rand_core"]);
        assert!(messages("engine", "engine", "commonware-p2p", false).is_empty());
        assert!(messages("ledger", "ledger", "rand", true).is_empty());
    }

    #[test]
    fn a_crate_needs_a_row_and_a_program_links_the_sdk_only() {
        assert_eq!(messages("util", "util", "syn", false), ["crate util is not in the import table"]);
        assert!(messages("poseidon", "programs/poseidon", "program", false).is_empty());
        assert_eq!(messages("poseidon", "programs/poseidon", "types", false), ["poseidon imports types"]);
        assert_eq!(messages("poseidon", "programs/poseidon", "types", true), ["poseidon imports types"]);
        assert_eq!(messages("poseidon", "programs/poseidon", "executor", false), ["poseidon imports executor"]);
        assert!(messages("poseidon", "programs/poseidon", "executor", true).is_empty());
        assert!(messages("receipt-wasm", "receipt/wasm", "receipt", false).is_empty());
        assert_eq!(messages("receipt-wasm", "receipt/wasm", "node", false), ["receipt-wasm imports node"]);
    }
}
