//! How long functions are.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, ImplItemFn, ItemFn, ItemImpl, ItemMod, ItemTrait, Signature, TraitItemFn, Type};

use super::finding::Finding;
use super::ratchet::{self, Entry};
use super::sources::Source;

/// A function and its length.
#[derive(Clone, Debug)]
pub struct Function {
    /// The file it stands in.
    pub path: String,
    /// `name`, or `Type::name`.
    pub name: String,
    /// Where its signature starts.
    pub line: usize,
    /// From the signature to the closing brace.
    pub lines: usize,
    /// Whether it is compiled for tests only.
    pub test: bool,
}

impl Function {
    /// The greatest allowed length: a test may tell a longer story.
    pub fn limit(&self) -> usize {
        if self.test { 100 } else { 70 }
    }
}

/// Measures every function with a body.
pub fn measure_all(sources: &[Source]) -> Vec<Function> {
    sources.iter().flat_map(measure).collect()
}

/// Refuses functions over the limit, but for those in the ratchet, which may only shrink.
pub fn check(functions: &[Function], entries: &[Entry]) -> Vec<Finding> {
    let listed = |f: &&Function| entries.iter().any(|entry| entry.names(f));
    let long = functions.iter().filter(|f| f.lines > f.limit()).filter(|f| !listed(f));
    let mut findings: Vec<Finding> = long.map(too_long).collect();
    findings.extend(entries.iter().filter_map(|entry| ratchet::check(entry, functions)));
    findings
}

fn too_long(function: &Function) -> Finding {
    let what = format!("{} has {} lines, over {}", function.name, function.lines, function.limit());
    Finding::new(&function.path, function.line, what, "split it by idea")
}

/// Median, 90th percentile and maximum, in words.
pub fn summary<'a>(title: &str, functions: impl Iterator<Item = &'a Function>) -> String {
    let mut lines: Vec<usize> = functions.map(|function| function.lines).collect();
    lines.sort_unstable();
    let at = |percent: usize| lines.get(lines.len() * percent / 100).copied().unwrap_or(0);
    let longest = lines.last().copied().unwrap_or(0);
    format!("{title}: {} functions, median {} lines, p90 {}, longest {longest}", lines.len(), at(50), at(90))
}

fn measure(source: &Source) -> Vec<Function> {
    let mut ruler = Ruler { path: &source.path, owner: None, test: source.test, functions: Vec::new() };
    ruler.visit_file(&source.syntax);
    ruler.functions
}

struct Ruler<'a> {
    path: &'a str,
    owner: Option<String>,
    test: bool,
    functions: Vec<Function>,
}

impl Ruler<'_> {
    fn record(&mut self, attributes: &[Attribute], signature: &Signature, body: &Block) {
        let name = signature.ident.to_string();
        let name = self.owner.as_ref().map_or(name.clone(), |owner| format!("{owner}::{name}"));
        let (line, end) = (signature.span().start().line, body.brace_token.span.close().end().line);
        let (path, test) = (self.path.to_string(), self.test || super::syntax::is_test(attributes));
        self.functions.push(Function { path, name, line, lines: end - line + 1, test });
    }

    fn within(&mut self, owner: Option<String>, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let (owner, test) = (std::mem::replace(&mut self.owner, owner), self.test);
        self.test |= super::syntax::is_test(attributes);
        visit(self);
        (self.owner, self.test) = (owner, test);
    }
}

impl<'ast> Visit<'ast> for Ruler<'_> {
    fn visit_item_fn(&mut self, node: &'ast ItemFn) {
        self.record(&node.attrs, &node.sig, &node.block);
        self.within(None, &node.attrs, |ruler| visit::visit_item_fn(ruler, node));
    }

    fn visit_impl_item_fn(&mut self, node: &'ast ImplItemFn) {
        self.record(&node.attrs, &node.sig, &node.block);
        visit::visit_impl_item_fn(self, node);
    }

    fn visit_trait_item_fn(&mut self, node: &'ast TraitItemFn) {
        if let Some(body) = &node.default {
            self.record(&node.attrs, &node.sig, body);
        }
        visit::visit_trait_item_fn(self, node);
    }

    fn visit_item_impl(&mut self, node: &'ast ItemImpl) {
        self.within(type_name(&node.self_ty), &node.attrs, |ruler| visit::visit_item_impl(ruler, node));
    }

    fn visit_item_trait(&mut self, node: &'ast ItemTrait) {
        self.within(Some(node.ident.to_string()), &node.attrs, |ruler| visit::visit_item_trait(ruler, node));
    }

    fn visit_item_mod(&mut self, node: &'ast ItemMod) {
        self.within(None, &node.attrs, |ruler| visit::visit_item_mod(ruler, node));
    }
}

fn type_name(of: &Type) -> Option<String> {
    match of {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sources::source;
    use super::*;

    fn of_length(lines: usize) -> String {
        format!("fn f() {{\n{}}}\n", "g();\n".repeat(lines - 2))
    }

    fn findings(text: &str) -> Vec<Finding> {
        check(&measure(&source("a", "a/src/lib.rs", text)), &[])
    }

    #[test]
    fn a_function_over_the_limit_is_found() {
        assert!(findings(&of_length(70)).is_empty());
        let found = findings(&format!("\n{}", of_length(71)));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].place.line, found[0].what.as_str()), (2, "f has 71 lines, over 70"));
    }

    #[test]
    fn a_test_may_be_longer() {
        assert!(findings(&format!("#[test]\n{}", of_length(100))).is_empty());
        assert!(findings(&format!("#[cfg(test)]\nmod tests {{\n{}}}", of_length(100))).is_empty());
        assert_eq!(findings(&format!("#[test]\n{}", of_length(101))).len(), 1);
    }

    #[test]
    fn functions_are_named_with_their_type() {
        let text = "impl A<u8> { fn b() {} } trait T { fn c() {} fn d(); } mod m { fn e() { fn inner() {} } }";
        let names: Vec<String> =
            measure(&source("a", "a/src/lib.rs", text)).into_iter().map(|function| function.name).collect();
        assert_eq!(names, ["A::b", "T::c", "e", "inner"]);
    }

    #[test]
    fn the_summary_counts() {
        let of = |lines| Function { path: String::new(), name: String::new(), line: 1, lines, test: false };
        let functions: Vec<Function> = (1..=10).map(of).collect();
        assert_eq!(summary("code", functions.iter()), "code: 10 functions, median 6 lines, p90 10, longest 10");
        assert_eq!(summary("code", [].iter()), "code: 0 functions, median 0 lines, p90 0, longest 0");
    }
}
