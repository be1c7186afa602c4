//! The Rust files that some target reaches, found the way the compiler finds them: root, `mod`, `mod`.

use std::collections::BTreeMap;

use syn::{Item, ItemMod};

use super::finding::Finding;
use super::packages::{Package, RootKind};
use super::repository::File;
use super::syntax;

/// A parsed file.
pub struct Source {
    /// Relative to the root of the repository.
    pub path: String,
    /// The name of its package.
    pub package: String,
    /// The content.
    pub text: String,
    /// The same, parsed.
    pub syntax: syn::File,
    /// Whether it is compiled for tests only.
    pub test: bool,
}

/// Follows the modules of all targets. Findings: files that do not parse, modules without a file.
pub fn load(files: &[File], packages: &[Package]) -> (Vec<Source>, Vec<Finding>) {
    let texts = files.iter().filter(|file| file.is("rs")).filter_map(|file| Some((file.path.as_str(), file.text()?)));
    let mut walk = Walk { texts: texts.collect(), reached: BTreeMap::new(), findings: Vec::new() };
    for package in packages {
        for root in &package.roots {
            let test = root.kind == RootKind::Test;
            walk.file(&package.name, &root.path, &folder(&root.path), test);
        }
    }
    (walk.reached.into_values().collect(), walk.findings)
}

/// Finds the Rust files that nothing reaches: they look alive and are not compiled.
pub fn check_reached(files: &[File], sources: &[Source]) -> Vec<Finding> {
    let reached = |file: &&File| sources.iter().any(|source| source.path == file.path);
    let lost = files.iter().filter(|file| file.is("rs")).filter(|file| !reached(file));
    lost.map(|file| Finding::new(&file.path, 1, "no target reaches this file", "name it with `mod`, or delete it"))
        .collect()
}

struct Walk<'a> {
    texts: BTreeMap<&'a str, &'a str>,
    reached: BTreeMap<String, Source>,
    findings: Vec<Finding>,
}

impl Walk<'_> {
    /// `children` is the folder in which the file's modules lie.
    fn file(&mut self, package: &str, path: &str, children: &str, test: bool) {
        if let Some(known) = self.reached.get(path)
            && (test || !known.test)
        {
            return;
        }
        let Some(text) = self.texts.get(path).map(|text| text.to_string()) else { return };
        match syn::parse_file(&text) {
            Ok(syntax) => {
                let test = test || syntax::is_test(&syntax.attrs);
                let (path, package) = (path.to_string(), package.to_string());
                let modules = modules(&path, &syntax.items, children, test);
                self.reached.insert(path.clone(), Source { path, package: package.clone(), text, syntax, test });
                for module in modules {
                    self.module(&package, module);
                }
            }
            Err(error) => {
                let line = error.span().start().line;
                self.findings.push(Finding::new(path, line, format!("does not parse: {error}"), "mend it"));
            }
        }
    }

    fn module(&mut self, package: &str, module: Module) {
        match module.candidates.iter().find(|(path, _)| self.texts.contains_key(path.as_str())) {
            Some((path, children)) => self.file(package, path, children, module.test),
            None => {
                let what = format!("module {} has no file", module.name);
                self.findings.push(Finding::new(&module.path, module.line, what, "add the file, or remove the module"));
            }
        }
    }
}

/// `mod name;` with the files it may mean, each with the folder of its own modules.
struct Module {
    path: String,
    line: usize,
    name: String,
    candidates: Vec<(String, String)>,
    test: bool,
}

fn modules(path: &str, items: &[Item], children: &str, test: bool) -> Vec<Module> {
    let mut found = Vec::new();
    for item in items {
        let Item::Mod(module) = item else { continue };
        let (name, test) = (module.ident.to_string(), test || syntax::is_test(&module.attrs));
        match &module.content {
            Some((_, items)) => found.extend(modules(path, items, &format!("{children}{name}/"), test)),
            None => found.push(declared(path, module, &name, children, test)),
        }
    }
    found
}

fn declared(path: &str, module: &ItemMod, name: &str, children: &str, test: bool) -> Module {
    let candidates = match syntax::string_attribute(&module.attrs, "path") {
        Some(named) => {
            let file = plain(&format!("{}{named}", folder(path)));
            vec![(file.clone(), folder(&file))]
        }
        None => {
            let own = format!("{children}{name}/");
            vec![(format!("{children}{name}.rs"), own.clone()), (format!("{own}mod.rs"), own)]
        }
    };
    Module { path: path.into(), line: module.ident.span().start().line, name: name.into(), candidates, test }
}

/// A path without `..`.
fn plain(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            ".." => _ = parts.pop(),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

fn folder(path: &str) -> String {
    path.rfind('/').map_or(String::new(), |at| path[..=at].to_string())
}

/// A parsed file as if it were reached.
#[cfg(test)]
pub fn source(package: &str, path: &str, text: &str) -> Source {
    let syntax = syn::parse_file(text).unwrap();
    Source { path: path.into(), package: package.into(), text: text.into(), syntax, test: false }
}

#[cfg(test)]
mod tests {
    use super::super::packages::Root;
    use super::super::repository::file;
    use super::*;

    fn loaded(files: &[File]) -> (Vec<Source>, Vec<Finding>) {
        let roots = vec![Root { path: "a/src/lib.rs".into(), kind: RootKind::Code }];
        load(files, &[Package { name: "a".into(), roots, ..Package::default() }])
    }

    #[test]
    fn follows_modules_into_folders_and_marks_tests() {
        let files = [
            file("a/src/lib.rs", "mod b; mod inline { mod deep; } #[cfg(test)] mod tests; #[path = \"odd.rs\"] mod p;"),
            file("a/src/tests/far.rs", "#[path = \"../odd.rs\"] mod p;"),
            file("a/src/b.rs", "mod c;"),
            file("a/src/b/c.rs", ""),
            file("a/src/inline/deep/mod.rs", ""),
            file("a/src/tests.rs", "mod more; mod far;"),
            file("a/src/tests/more.rs", ""),
            file("a/src/odd.rs", ""),
        ];
        let (sources, findings) = loaded(&files);
        assert!(findings.is_empty(), "{findings:?}");
        let tests: Vec<&str> = sources.iter().filter(|s| s.test).map(|s| s.path.as_str()).collect();
        assert_eq!(tests, ["a/src/tests.rs", "a/src/tests/far.rs", "a/src/tests/more.rs"]);
        assert_eq!(sources.len(), files.len());
        assert!(check_reached(&files, &sources).is_empty());
    }

    #[test]
    fn a_file_that_nothing_names_is_found() {
        let files = [file("a/src/lib.rs", "mod b;"), file("a/src/b.rs", ""), file("a/src/lost.rs", "")];
        let (sources, _) = loaded(&files);
        let lost = check_reached(&files, &sources);
        assert_eq!(lost.len(), 1);
        assert_eq!(lost[0].place.path, "a/src/lost.rs");
    }

    #[test]
    fn a_module_without_file_and_a_file_that_does_not_parse_are_found() {
        let (_, findings) = loaded(&[file("a/src/lib.rs", "mod b;\nmod c;"), file("a/src/c.rs", "\nfn (")]);
        let lines: Vec<String> = findings.iter().map(|f| format!("{}:{}", f.place.path, f.place.line)).collect();
        assert_eq!(lines, ["a/src/lib.rs:1", "a/src/c.rs:2"]);
    }
}
