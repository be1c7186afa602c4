//! Plain properties of files: not empty, a newline at the end, no tabs, no endless lines, no paths of one machine.

use super::finding::Finding;
use super::packages::{Package, RootKind};
use super::repository::{File, find};

/// The longest line of Rust, in characters. The formatter wraps earlier; this is for strings and comments.
const LINE_MAX: usize = 160;

/// Paths that exist on one machine only. Split so that this file does not hold them.
const MACHINE_PATHS: [&str; 5] = [
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/tmp/ba", "sh_jobs"),
    concat!("/tmp/ta", "rget-"),
    concat!(".cargo/re", "gistry"),
];

/// Looks at every file, and at the first line of every crate.
pub fn check(files: &[File], packages: &[Package]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = files.iter().filter_map(shape).collect();
    findings.extend(files.iter().filter(|file| file.is("rs")).flat_map(lines));
    findings.extend(files.iter().flat_map(machine_paths));
    findings.extend(packages.iter().flat_map(|package| undocumented(files, package)));
    findings
}

fn shape(file: &File) -> Option<Finding> {
    if file.bytes.trim_ascii().is_empty() {
        return Some(Finding::new(&file.path, 1, "the file is empty", "fill it or delete it"));
    }
    let text = file.text()?;
    let open = !text.ends_with('\n') && !text.contains('\0');
    open.then(|| Finding::new(&file.path, text.lines().count(), "no newline at the end", "add one"))
}

fn lines(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in file.text().unwrap_or_default().lines().enumerate() {
        if line.contains('\t') {
            findings.push(Finding::new(&file.path, at + 1, "a tab", "write spaces, or \\t in a string"));
        }
        let length = line.chars().count();
        if length > LINE_MAX {
            let what = format!("a line of {length} characters, over {LINE_MAX}");
            findings.push(Finding::new(&file.path, at + 1, what, "wrap it"));
        }
    }
    findings
}

/// Built artifacts are searched too: a compiler puts the paths of its sources into them.
fn machine_paths(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in MACHINE_PATHS {
        if let Some(at) = position(&file.bytes, path.as_bytes()) {
            let line = file.bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let todo = "name nothing of the machine it was made on; build artifacts with --remap-path-prefix";
            findings.push(Finding::new(&file.path, line, format!("the path {path}"), todo));
        }
    }
    findings
}

/// The first place where `path` starts a path: `/v1/state/` + `root` is no machine's.
fn position(bytes: &[u8], path: &[u8]) -> Option<usize> {
    let inside = |at: usize| at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || b"}_-.>~".contains(&bytes[at - 1]));
    bytes.windows(path.len()).enumerate().position(|(at, window)| window == path && (path[0] != b'/' || !inside(at)))
}

fn undocumented(files: &[File], package: &Package) -> Vec<Finding> {
    let roots = package.roots.iter().filter(|root| root.kind == RootKind::Code);
    let texts = roots.filter_map(|root| find(files, &root.path)).filter_map(|file| Some((file, file.text()?)));
    let silent = texts.filter(|(_, text)| !text.lines().any(|line| line.starts_with("//! ") && line.len() > 4));
    silent
        .map(|(file, _)| Finding::new(&file.path, 1, "the crate does not say what it is", "begin with `//! …`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::packages::Root;
    use super::super::repository::file;
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        check(&[file(path, text)], &[]).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn shape_of_files() {
        assert!(messages("a.rs", "fn f() {}\n").is_empty());
        assert_eq!(messages("a.md", " \n"), ["the file is empty"]);
        assert_eq!(messages("a.md", "text"), ["no newline at the end"]);
        let binary = File { path: "a.wasm".into(), bytes: vec![0, 0x61, 0x73, 0x6d, 0xff] };
        assert!(check(&[binary], &[]).is_empty());
    }

    #[test]
    fn lines_of_rust() {
        assert_eq!(messages("a.rs", "\tfn f() {}\n"), ["a tab"]);
        let long = format!("// {}\n", "x".repeat(158));
        assert_eq!(messages("a.rs", &long), ["a line of 161 characters, over 160"]);
        assert!(messages("a.md", &long).is_empty());
    }

    #[test]
    fn paths_of_a_machine() {
        for path in MACHINE_PATHS {
            assert_eq!(messages("a.md", &format!("first\nsee {path}x\n")), [format!("the path {path}")]);
        }
        let mut bytes = vec![0, 0xff];
        bytes.extend(MACHINE_PATHS[0].bytes());
        assert_eq!(check(&[File { path: "a.wasm".into(), bytes }], &[]).len(), 1);
        assert!(messages("a.md", &format!("/v1/state{}3\n", MACHINE_PATHS[0])).is_empty());
    }

    #[test]
    fn a_crate_says_what_it_is() {
        let roots = vec![Root { path: "a/src/lib.rs".into(), kind: RootKind::Code }];
        let package = Package { roots, ..Package::default() };
        let silent = |text| undocumented(&[file("a/src/lib.rs", text)], &package).len();
        assert_eq!([silent("fn f() {}\n"), silent("//!\n"), silent("//! A crate.\n")], [1, 1, 0]);
    }
}
