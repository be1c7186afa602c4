//! Everything the checks look at, read once.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::features::{self, Trees};
use super::finding::Finding;
use super::packages::{self, Package};
use super::sources::{self, Source};

/// Whose dependencies are resolved: the root workspace's, or also those of the workspaces it excludes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// What a build of the root workspace downloads anyway.
    Usual,
    /// The other workspaces as well; their dependencies are downloaded.
    Full,
}

/// The loaded repository.
pub struct Repository {
    /// Files under version control, and those that would be by `git add`.
    pub files: Vec<File>,
    /// Our packages, and all they depend on.
    pub packages: Vec<Package>,
    /// The Rust files that some target reaches, parsed.
    pub sources: Vec<Source>,
    /// What the usual commands build.
    pub trees: Trees,
    /// What was found wrong while loading: files that do not parse, modules without a file.
    pub findings: Vec<Finding>,
}

/// A file as it lies there.
pub struct File {
    /// Relative to the root, with `/`.
    pub path: String,
    /// The whole content.
    pub bytes: Vec<u8>,
}

impl File {
    /// The content, if it is text.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// Whether the name ends with `.extension`.
    pub fn is(&self, extension: &str) -> bool {
        self.path.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.'))
    }
}

impl Repository {
    /// Reads the files and asks cargo for the packages. Needs no network where a build needs none.
    pub fn load(root: &Path, depth: Depth) -> Result<Self> {
        let root = root.canonicalize()?;
        let files = files(&root)?;
        let packages = packages::load(&root, &files, depth)?;
        let (sources, findings) = sources::load(&files, &packages);
        let trees = features::load(&root)?;
        Ok(Self { files, packages, sources, trees, findings })
    }
}

/// Finds a file by its path.
pub fn find<'a>(files: &'a [File], path: &str) -> Option<&'a File> {
    files.iter().find(|file| file.path == path)
}

fn files(root: &Path) -> Result<Vec<File>> {
    // A copy of the sources may come without version control, or without git.
    let mut paths = listed_by_git(root).or_else(|_| walked(root, root))?;
    paths.sort();
    paths.dedup();
    // A file that was deleted but not yet committed is still listed.
    paths.retain(|path| root.join(path).is_file());
    paths
        .into_iter()
        .map(|path| {
            let bytes = fs::read(root.join(&path)).with_context(|| path.clone())?;
            Ok(File { path, bytes })
        })
        .collect()
}

fn listed_by_git(root: &Path) -> Result<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(root).output().context("git ls-files")?;
    ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).context("a file name that is not UTF-8")?;
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(String::from).collect())
}

/// All files but what cargo builds and what git keeps.
fn walked(root: &Path, folder: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("target") && !path.ends_with(".git") && !path.is_symlink() {
                paths.extend(walked(root, &path)?);
            }
        } else if path.is_file() {
            paths.push(path.strip_prefix(root)?.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(paths)
}

/// A file as if it lay there.
#[cfg(test)]
pub fn file(path: &str, text: &str) -> File {
    File { path: path.into(), bytes: text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_and_without_git_the_sources_are_the_same() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let rust = |mut paths: Vec<String>| {
            paths.retain(|path| path.ends_with(".rs"));
            paths.sort();
            paths
        };
        let walked = rust(walked(root, root).unwrap());
        assert!(walked.contains(&"src/tidy/repository.rs".into()));
        let git = listed_by_git(root).map(rust).unwrap_or_else(|_| walked.clone());
        assert!(git.iter().all(|path| walked.contains(path)), "{git:?} {walked:?}");
    }
}
