//! The licence and the origin of every dependency.

use super::finding::Finding;
use super::packages::{Package, UNRESOLVED};
use super::spdx;

const ALLOWED: [&str; 10] = [
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "BSL-1.0",
];

/// The one registry that packages may come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// A package that may be used in one place although its licence is not among the allowed ones.
struct Exception {
    package: &'static str,
    licence: &'static str,
    /// The folder or the file that may.
    within: &'static str,
    reason: &'static str,
}

/// Of SP1: see `docs/adr/0020-sp1-s-prover-stands-apart.md`.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        package: "webpki-root-certs",
        licence: "CDLA-Permissive-2.0",
        within: "Cargo.lock",
        reason: "a list of certificates, for systems that nodes do not run on: on Linux the system's own are used",
    },
    of_sp1("dynasm", "MPL-2.0", "the macros of sp1-jit, which no prover here runs"),
    of_sp1("dynasmrt", "MPL-2.0", "sp1-jit, which no prover here runs"),
    of_sp1("option-ext", "MPL-2.0", "where sp1-prover would look for circuits that are not used here"),
    of_sp1("webpki-roots", "CDLA-Permissive-2.0", "certificates of a network client that is never called"),
];

const fn of_sp1(package: &'static str, licence: &'static str, reason: &'static str) -> Exception {
    Exception { package, licence, within: "programs/sp1/", reason }
}

/// Refuses packages under other licences and from other places.
pub fn check(packages: &[Package]) -> Vec<Finding> {
    check_with(packages, EXCEPTIONS)
}

fn check_with(packages: &[Package], exceptions: &[Exception]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = packages.iter().filter_map(source).collect();
    findings.extend(packages.iter().filter_map(|package| licence(package, exceptions)));
    findings.extend(exceptions.iter().filter_map(|exception| stale(packages, exception)));
    findings
}

fn source(package: &Package) -> Option<Finding> {
    let from = match &package.source {
        Some(source) if source == REGISTRY => return None,
        None if package.ours() => return None,
        Some(source) => source.as_str(),
        None => "a path outside the repository",
    };
    let what = format!("{} {} comes from {from}", package.name, package.version);
    Some(Finding::at(&package.place, what, "take a release from crates.io"))
}

fn licence(package: &Package, exceptions: &[Exception]) -> Option<Finding> {
    let Package { name, version, place, .. } = package;
    let Some(licence) = &package.license else {
        return Some(Finding::at(place, format!("{name} {version} declares no licence"), "find another package"));
    };
    let excepts = |e: &Exception| e.package == name && e.licence == licence && place.path.starts_with(e.within);
    if licence == UNRESOLVED || exceptions.iter().any(|e| excepts(e) && !e.reason.is_empty()) {
        return None;
    }
    let what = match spdx::permits(licence, &|id| ALLOWED.contains(&id)) {
        Ok(true) => return None,
        Ok(false) => format!("{name} {version} is under `{licence}`"),
        Err(error) => format!("{name} {version} has an unreadable licence: {error}"),
    };
    Some(Finding::at(place, what, "find another package, or list it with a reason in xtask/src/tidy/licences.rs"))
}

fn stale(packages: &[Package], exception: &Exception) -> Option<Finding> {
    let uses =
        |package: &Package| package.name == exception.package && package.place.path.starts_with(exception.within);
    let used = packages.iter().any(uses);
    let what = format!("the exception for {} is not used", exception.package);
    (!used).then(|| Finding::new("xtask/src/tidy/licences.rs", 1, what, "remove it"))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Place;
    use super::*;

    fn package(licence: Option<&str>, source: &str) -> Package {
        let (license, source) = (licence.map(String::from), Some(source.to_string()));
        let place = Place { path: "w/Cargo.lock".into(), line: 1 };
        Package { name: "p".into(), version: "1.0.0".into(), license, source, place, ..Package::default() }
    }

    fn messages(licence: Option<&str>, source: &str, exceptions: &[Exception]) -> Vec<String> {
        check_with(&[package(licence, source)], exceptions).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn usual_licences_pass_and_others_do_not() {
        assert!(messages(Some("Unlicense OR MIT"), REGISTRY, &[]).is_empty());
        assert_eq!(messages(Some("LGPL-3.0-only"), REGISTRY, &[]), ["p 1.0.0 is under `LGPL-3.0-only`"]);
        assert_eq!(messages(None, REGISTRY, &[]), ["p 1.0.0 declares no licence"]);
        assert_eq!(messages(Some("MIT ISC"), REGISTRY, &[]).len(), 1);
    }

    #[test]
    fn an_exception_covers_its_licence_only_and_needs_a_reason_and_a_use() {
        let listed = |package, licence, reason| [Exception { package, licence, within: "w/", reason }];
        assert!(messages(Some("MPL-2.0"), REGISTRY, &listed("p", "MPL-2.0", "no other")).is_empty());
        assert_eq!(messages(Some("GPL-3.0"), REGISTRY, &listed("p", "MPL-2.0", "no other")).len(), 1);
        assert_eq!(messages(Some("MPL-2.0"), REGISTRY, &listed("p", "MPL-2.0", "")).len(), 1);
        assert_eq!(messages(Some("MIT"), REGISTRY, &listed("q", "MPL-2.0", "no other")).len(), 1);
        let elsewhere = [Exception { package: "p", licence: "MPL-2.0", within: "v/", reason: "no other" }];
        assert_eq!(messages(Some("MPL-2.0"), REGISTRY, &elsewhere).len(), 2, "refused, and the exception is not used");
    }

    #[test]
    fn only_the_registry_is_a_source() {
        assert_eq!(messages(Some("MIT"), "git+https://example.org/p", &[]).len(), 1);
        assert_eq!(messages(Some("MIT"), "registry+https://example.org/index", &[]).len(), 1);
        let elsewhere = Package { license: Some("MIT".into()), ..Package::default() };
        assert_eq!(check_with(&[elsewhere], &[]).len(), 1);
    }
}
