//! Dependencies that no source names. They cost build time and hide what a crate really needs.

use super::finding::Finding;
use super::packages::{Dependency, Package};
use super::sources::Source;

/// Crates that name commonware's packages to pin their features for all others, so that every build
/// shares one set of dependencies. Elsewhere a line of the manifest says `# features: …`.
const PINNING: [&str; 2] = ["engine", "engine-sim"];

/// Looks for each dependency in the sources of its package. A mention in a comment passes: this is about leftovers.
pub fn check(packages: &[Package], sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in packages.iter().filter(|package| package.ours()) {
        let texts: Vec<&str> =
            sources.iter().filter(|source| source.package == package.name).map(|source| source.text.as_str()).collect();
        for dependency in package.dependencies.iter().filter(|dependency| !pinned(package, dependency)) {
            let name = dependency.name.replace('-', "_");
            if !texts.iter().any(|text| text.contains(&name)) {
                let what = format!("{} does not name {}", package.name, dependency.name);
                findings.push(Finding::at(&dependency.place, what, "remove the dependency"));
            }
        }
    }
    findings
}

fn pinned(package: &Package, dependency: &Dependency) -> bool {
    let commonware = PINNING.contains(&package.name.as_str()) && dependency.name.starts_with("commonware-");
    dependency.features_only || commonware
}

#[cfg(test)]
mod tests {
    use super::super::sources::source;
    use super::*;

    fn found(name: &str, dependency: &str, text: &str) -> usize {
        of(name, dependency, false, text)
    }

    fn of(name: &str, dependency: &str, features_only: bool, text: &str) -> usize {
        let (dependency, place) = (dependency.to_string(), Default::default());
        let dependencies = vec![Dependency { name: dependency, dev: false, features_only, place }];
        let package = Package { name: name.into(), folder: Some(name.into()), dependencies, ..Package::default() };
        check(&[package], &[source(name, "a/src/lib.rs", text)]).len()
    }

    #[test]
    fn a_dependency_that_nothing_names_is_found() {
        assert_eq!(found("a", "bao-tree", "use bao_tree::ChunkNum;"), 0);
        assert_eq!(found("a", "bao-tree", "use blake3::Hash;"), 1);
    }

    #[test]
    fn features_are_pinned_by_naming_the_package_only() {
        assert_eq!(found("engine", "commonware-math", ""), 0);
        assert_eq!(found("types", "commonware-math", ""), 1);
        assert_eq!(of("types", "regex-syntax", true, ""), 0);
    }
}
