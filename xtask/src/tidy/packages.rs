//! Our packages and those they depend on, as the checks need them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::finding::Place;
use super::repository::{Depth, File, find};

/// A package of a workspace of ours, or of a registry.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// As in its manifest.
    pub name: String,
    /// As in its manifest.
    pub version: String,
    /// The SPDX expression it declares.
    pub license: Option<String>,
    /// Where it comes from; none for a path.
    pub source: Option<String>,
    /// Its folder relative to the root; none if it lies outside.
    pub folder: Option<String>,
    /// Where a finding about it points: our manifest, or its entry in the lock file.
    pub place: Place,
    /// What its manifest asks for.
    pub dependencies: Vec<Dependency>,
    /// The files its targets start from; only filled for ours.
    pub roots: Vec<Root>,
}

/// A line of a dependency table.
#[derive(Clone, Debug)]
pub struct Dependency {
    /// The package.
    pub name: String,
    /// Only for tests, benches and examples.
    pub dev: bool,
    /// Asked for because of its features alone: its line of the manifest says `# features: …`.
    pub features_only: bool,
    /// The line of the manifest.
    pub place: Place,
}

/// The first file of a target.
#[derive(Clone, Debug)]
pub struct Root {
    /// Relative to the root of the repository.
    pub path: String,
    /// What cargo builds from it.
    pub kind: RootKind,
}

/// What a target is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootKind {
    /// A library or a program.
    Code,
    /// A test or a bench.
    Test,
    /// An example or a build script.
    Other,
}

impl Package {
    /// Whether we wrote it.
    pub fn ours(&self) -> bool {
        self.folder.is_some()
    }
}

/// Asks cargo about each workspace among `files`.
pub fn load(root: &Path, files: &[File], depth: Depth) -> Result<Vec<Package>> {
    let mut packages: Vec<Package> = Vec::new();
    for manifest in files.iter().filter(|file| is_workspace(file)) {
        let resolved = manifest.path == "Cargo.toml" || depth == Depth::Full;
        let metadata = metadata(root, &manifest.path, resolved)?;
        let lock = manifest.path.replace("Cargo.toml", "Cargo.lock");
        let lock = find(files, &lock).with_context(|| format!("{lock} is not committed"))?;
        if !resolved {
            packages.extend(locked(lock)?);
        }
        packages.extend(metadata.packages.iter().map(|package| ours_or_not(root, files, lock, package)));
    }
    packages.sort_by(|a, b| (&a.name, &a.version, &a.place).cmp(&(&b.name, &b.version, &b.place)));
    packages.dedup_by(|a, b| a.ours() && a.folder == b.folder);
    Ok(packages)
}

fn is_workspace(file: &File) -> bool {
    let manifest = file.path == "Cargo.toml" || file.path.ends_with("/Cargo.toml");
    manifest && file.text().is_some_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
}

fn metadata(root: &Path, manifest: &str, resolved: bool) -> Result<cargo::Metadata> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--format-version", "1", "--manifest-path"]).arg(root.join(manifest));
    command.arg(if resolved { "--locked" } else { "--no-deps" });
    let output = command.output().context("cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata of {manifest}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The packages of a lock file whose workspace is not resolved here: their sources are known, their licences are not.
fn locked(lock: &File) -> Result<Vec<Package>> {
    let table: toml::Table = lock.text().context("a lock file is text")?.parse()?;
    let entries = table.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let text = |entry: &toml::Value, key: &str| entry.get(key).and_then(toml::Value::as_str).map(String::from);
    Ok(entries
        .filter(|entry| entry.get("source").is_some())
        .map(|entry| {
            let (name, source) = (text(entry, "name").unwrap_or_default(), text(entry, "source"));
            let (version, place) = (text(entry, "version").unwrap_or_default(), lock_line(lock, &name));
            Package { name, version, source, place, license: Some(UNRESOLVED.into()), ..Package::default() }
        })
        .collect())
}

/// Stands for the licence of a package that was not downloaded.
pub const UNRESOLVED: &str = "unresolved";

fn ours_or_not(root: &Path, files: &[File], lock: &File, package: &cargo::Package) -> Package {
    let manifest = relative(root, &package.manifest_path).and_then(|path| find(files, &path));
    let mut loaded = Package {
        name: package.name.clone(),
        version: package.version.clone(),
        license: package.license.clone(),
        source: package.source.clone(),
        place: lock_line(lock, &package.name),
        ..Package::default()
    };
    if let Some(manifest) = manifest.filter(|_| package.source.is_none()) {
        loaded.folder = Some(manifest.path.trim_end_matches("Cargo.toml").trim_end_matches('/').to_string());
        loaded.place = Place { path: manifest.path.clone(), line: 1 };
        loaded.dependencies = package.dependencies.iter().map(|d| dependency(manifest, d)).collect();
        loaded.roots = package.targets.iter().filter_map(|target| target_root(root, target)).collect();
    }
    loaded
}

/// The path within the repository, with `/`.
fn relative(root: &Path, path: &Path) -> Option<String> {
    Some(path.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/"))
}

fn lock_line(lock: &File, name: &str) -> Place {
    let entry = format!("name = \"{name}\"");
    Place::find(&lock.path, lock.text().unwrap_or_default(), |line| line == entry)
}

fn dependency(manifest: &File, dependency: &cargo::Dependency) -> Dependency {
    let key = dependency.rename.as_ref().unwrap_or(&dependency.name);
    let starts = |line: &str| line.strip_prefix(key.as_str()).is_some_and(|rest| rest.starts_with(['.', ' ', '=']));
    let text = manifest.text().unwrap_or_default();
    Dependency {
        name: dependency.name.clone(),
        dev: dependency.kind.as_deref() == Some("dev"),
        features_only: text.lines().any(|line| starts(line) && line.contains("# features: ")),
        place: Place::find(&manifest.path, text, starts),
    }
}

fn target_root(root: &Path, target: &cargo::Target) -> Option<Root> {
    let kind = match target.kind.first()?.as_str() {
        "test" | "bench" => RootKind::Test,
        "example" | "custom-build" => RootKind::Other,
        _ => RootKind::Code,
    };
    Some(Root { path: relative(root, &target.src_path)?, kind })
}

/// The parts of `cargo metadata` that are needed here.
mod cargo {
    use std::path::PathBuf;

    use serde::Deserialize;

    #[derive(Deserialize)]
    pub struct Metadata {
        pub packages: Vec<Package>,
    }

    #[derive(Deserialize)]
    pub struct Package {
        pub name: String,
        pub version: String,
        pub license: Option<String>,
        pub source: Option<String>,
        pub manifest_path: PathBuf,
        pub dependencies: Vec<Dependency>,
        pub targets: Vec<Target>,
    }

    #[derive(Deserialize)]
    pub struct Dependency {
        pub name: String,
        pub rename: Option<String>,
        pub kind: Option<String>,
    }

    #[derive(Deserialize)]
    pub struct Target {
        pub kind: Vec<String>,
        pub src_path: PathBuf,
    }
}

#[cfg(test)]
mod tests {
    use super::super::repository::file;
    use super::*;

    #[test]
    fn a_lock_file_gives_sources_and_lines() {
        let lock = file(
            "programs/Cargo.lock",
            "[[package]]\nname = \"ours\"\nversion = \"1.0.0\"\n\n\
             [[package]]\nname = \"odd\"\nversion = \"2.0.0\"\nsource = \"git+https://example.org/odd\"\n",
        );
        let packages = locked(&lock).unwrap();
        assert_eq!(packages.len(), 1);
        assert_eq!(packages[0].source.as_deref(), Some("git+https://example.org/odd"));
        assert_eq!(packages[0].place, Place { path: "programs/Cargo.lock".into(), line: 6 });
    }

    #[test]
    fn only_a_workspace_manifest_is_asked() {
        assert!(is_workspace(&file("programs/Cargo.toml", "[workspace]\nmembers = []\n")));
        assert!(!is_workspace(&file("ledger/Cargo.toml", "[package]\nversion.workspace = true\n")));
    }
}
