//! Names that say nothing.

use proc_macro2::Ident;
use syn::visit::{self, Visit};
use syn::{ItemEnum, ItemMod, ItemStruct, ItemTrait};

use super::finding::Finding;
use super::sources::Source;

/// Endings of types, and names of modules, that a type or module gets when nobody knows what it is.
const EMPTY: [&str; 6] = ["Manager", "Handler", "Helper", "Util", "Utils", "Common"];

/// Looks at every type and module that is defined.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    sources.iter().flat_map(in_source).collect()
}

fn in_source(source: &Source) -> Vec<Finding> {
    let mut reader = Reader { path: &source.path, test: source.test, findings: Vec::new() };
    reader.visit_file(&source.syntax);
    reader.findings
}

struct Reader<'a> {
    path: &'a str,
    test: bool,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn refuse(&mut self, name: &Ident, empty: bool) {
        if empty {
            let what = format!("the name {name} says nothing");
            self.findings.push(Finding::new(self.path, name.span().start().line, what, "say what it is"));
        }
    }

    fn of_type(&mut self, name: &Ident) {
        self.refuse(name, EMPTY.iter().any(|empty| name.to_string().ends_with(empty)));
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_struct(&mut self, node: &'ast ItemStruct) {
        self.of_type(&node.ident);
    }

    fn visit_item_enum(&mut self, node: &'ast ItemEnum) {
        self.of_type(&node.ident);
    }

    fn visit_item_trait(&mut self, node: &'ast ItemTrait) {
        self.of_type(&node.ident);
        visit::visit_item_trait(self, node);
    }

    fn visit_item_mod(&mut self, node: &'ast ItemMod) {
        let name = node.ident.to_string();
        // tests/common/mod.rs is cargo's own convention for what several tests share.
        let shared = self.test && name == "common";
        let plural = |empty: &str| [empty.to_lowercase(), format!("{}s", empty.to_lowercase())].contains(&name);
        self.refuse(&node.ident, !shared && EMPTY.iter().any(|empty| plural(empty)));
        visit::visit_item_mod(self, node);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sources::source;
    use super::*;

    #[test]
    fn tests_may_share_a_common_module() {
        let shared = Source { test: true, ..source("a", "a/tests/b.rs", "mod common {}") };
        assert!(check(&[shared]).is_empty());
        assert_eq!(found("mod common {}"), 1);
    }

    fn found(text: &str) -> usize {
        check(&[source("a", "a/src/lib.rs", text)]).len()
    }

    #[test]
    fn empty_names_are_found_where_they_are_defined() {
        for text in ["struct PoolManager;", "enum Helper {}", "mod utils {}", "mod helpers { }", "trait RunHandler {}"]
        {
            assert_eq!(found(text), 1, "{text}");
        }
        for text in ["struct Pool;", "use axum::handler::Handler;", "fn helper() {}", "mod mempool {}"] {
            assert_eq!(found(text), 0, "{text}");
        }
    }
}
