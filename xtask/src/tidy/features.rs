//! That `cargo run` and `cargo test --workspace` build the same dependencies.
//!
//! Cargo unites the features of the packages it is asked for. One feature more in the tests, far down, and everything
//! above it is built a second time: minutes, and the disk twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::finding::Finding;

/// The packages that people run after the tests.
const RUN: [&str; 1] = ["lemma"];

/// What one command builds: a package with its version, and its features in each of its builds.
type Builds = BTreeMap<String, BTreeSet<String>>;

/// What each command builds.
pub struct Trees {
    tests: Builds,
    runs: Vec<(String, Builds)>,
}

/// Asks cargo.
pub fn load(root: &Path) -> Result<Trees> {
    let tests = parse(&tree(root, &["--workspace", "--edges", "normal,build,dev"])?);
    let run = |name: &&str| {
        let printed = tree(root, &["--package", name, "--edges", "normal,build"])?;
        Ok((name.to_string(), parse(&printed)))
    };
    Ok(Trees { tests, runs: RUN.iter().map(run).collect::<Result<_>>()? })
}

fn tree(root: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["tree", "--locked", "--prefix", "none", "--format", "{p}|{f}"]).args(arguments).current_dir(root);
    let output = command.output().context("cargo tree")?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

/// Reads lines such as `syn v3.0.10 (proc-macro)|full,visit (*)`. Ours, which show their path, are left out.
fn parse(printed: &str) -> Builds {
    let mut builds = Builds::new();
    for (package, features) in printed.lines().filter_map(|line| line.split_once('|')) {
        let package = package.trim_end_matches(" (proc-macro)");
        if !package.contains(" (") {
            let features = features.trim_end_matches(" (*)").to_string();
            builds.entry(package.to_string()).or_default().insert(features);
        }
    }
    builds
}

/// Finds what is built for a run and differently for the tests.
pub fn check(trees: &Trees) -> Vec<Finding> {
    trees.runs.iter().flat_map(|(name, builds)| differing(name, builds, &trees.tests)).collect()
}

fn differing(name: &str, run: &Builds, tests: &Builds) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (package, builds) in run {
        let others = tests.get(package).cloned().unwrap_or_default();
        for features in builds.difference(&others) {
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            let others = others.join("] or [");
            let what = format!("cargo run -p {name} builds {package} with [{features}], the tests with [{others}]");
            let todo = "name it with these features in engine/Cargo.toml, or all above it is built twice";
            findings.push(Finding::new(&format!("{name}/Cargo.toml"), 1, what, todo));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(run: &str, tests: &str) -> Vec<String> {
        let trees = Trees { tests: parse(tests), runs: vec![("lemma".into(), parse(run))] };
        check(&trees).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_feature_that_only_the_tests_have_is_found() {
        let what = "cargo run -p lemma builds serde_json v1.0.0 with [std], the tests with [std,unbounded_depth]";
        assert_eq!(found("serde_json v1.0.0|std (*)", "serde_json v1.0.0|std,unbounded_depth"), [what]);
    }

    #[test]
    fn equal_builds_and_more_tests_pass() {
        assert!(found("a v1.0.0|std", "a v1.0.0|std (*)\nb v1.0.0|\na v1.0.0 (proc-macro)|std,full").is_empty());
        assert!(found("ours v0.1.0 (/path)|wasm", "ours v0.1.0 (/path)|").is_empty());
    }
}
