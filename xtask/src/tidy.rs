//! The rules of the repository that the compiler does not know, as one test.
//!
//! Each check is a function from loaded inputs to findings, in a file of its own, and has a test showing that it can
//! fail. A finding reads like a compiler message: `path:line: what is wrong; what to do`.

mod bad_input;
mod banned;
mod features;
mod finding;
mod functions;
mod hygiene;
mod imports;
mod licences;
mod links;
mod manifests;
mod names;
mod packages;
mod ratchet;
mod repository;
mod rules;
mod sources;
mod spdx;
mod syntax;
mod tokens;
mod unused;

use std::io::{Write, stderr, stdout};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use finding::Finding;
use functions::Function;
use repository::{Depth, Repository};

/// Runs every check: findings on stderr, figures on stdout. `full` also checks the licences of the programs.
pub fn run(full: bool) -> Result<ExitCode> {
    let repository = Repository::load(root(), if full { Depth::Full } else { Depth::Usual })?;
    let functions = functions::measure_all(&repository.sources);
    let findings = check(&repository, &functions)?;
    for finding in &findings {
        writeln!(stderr(), "{finding}")?;
    }
    let mut out = stdout();
    writeln!(out, "{}", functions::summary("code", functions.iter().filter(|f| !f.test)))?;
    writeln!(out, "{}", functions::summary("tests", functions.iter().filter(|f| f.test)))?;
    let packages = repository.packages.len();
    writeln!(out, "{} files, {packages} packages, {} findings", repository.files.len(), findings.len())?;
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn check(repository: &Repository, functions: &[Function]) -> Result<Vec<Finding>> {
    let Repository { files, packages, sources, trees, .. } = repository;
    let mut findings = repository.findings.clone();
    findings.extend(imports::check(packages));
    findings.extend(licences::check(packages));
    findings.extend(features::check(trees));
    findings.extend(unused::check(packages, sources));
    findings.extend(manifests::check(files, packages));
    findings.extend(functions::check(functions, &ratchet::load(files)?));
    findings.extend(banned::check(sources));
    findings.extend(names::check(sources));
    findings.extend(sources::check_reached(files, sources));
    findings.extend(hygiene::check(files, packages));
    findings.extend(links::check(files));
    findings.extend(rules::check(files, sources));
    findings.extend(bad_input::check(files, sources));
    findings.sort();
    findings.dedup();
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_tidy() {
        let repository = Repository::load(root(), Depth::Usual).unwrap();
        let functions = functions::measure_all(&repository.sources);
        let findings = check(&repository, &functions).unwrap();
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "{} findings\n{}", lines.len(), lines.join("\n"));
    }

    #[test]
    fn the_checks_see_the_repository() {
        let repository = Repository::load(root(), Depth::Usual).unwrap();
        assert!(repository.files.iter().any(|f| f.path == "Cargo.toml"));
        assert!(repository.packages.iter().any(|p| p.name == "xtask" && p.ours()));
        assert!(repository.packages.iter().any(|p| p.name == "syn" && !p.ours()));
        assert!(repository.sources.iter().any(|s| s.path == "xtask/src/tidy/spdx.rs"));
        assert!(functions::measure_all(&repository.sources).iter().any(|f| f.test));
    }
}
