//! Questions about attributes.

use std::ops::Range;

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Token};

/// Whether what carries these attributes is compiled for tests only: `#[test]`, `#[cfg(test)]`, `#[cfg(all(test, …))]`.
pub fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        match attribute.path().is_ident("cfg") {
            true => attribute.parse_args::<Meta>().is_ok_and(|condition| needs_test(&condition)),
            false => last.is_some_and(|segment| segment.ident == "test"),
        }
    })
}

fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .is_ok_and(|parts| parts.iter().any(needs_test)),
        _ => false,
    }
}

/// The value of `#[name = "value"]`.
pub fn string_attribute(attributes: &[Attribute], name: &str) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident(name) => string(&pair.value),
        _ => None,
    })
}

fn string(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

/// The lints that `#[expect(…, reason = "…")]` names; none without a reason.
pub fn expected_lints(attributes: &[Attribute]) -> Vec<String> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("expect")).flat_map(expected).collect()
}

fn expected(attribute: &Attribute) -> Vec<String> {
    let parts = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).unwrap_or_default();
    let reason = parts.iter().any(|part| match part {
        Meta::NameValue(pair) => pair.path.is_ident("reason") && string(&pair.value).is_some_and(|r| !r.is_empty()),
        _ => false,
    });
    let lints = parts.iter().filter_map(|part| match part {
        Meta::Path(path) => path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    });
    if reason { lints.collect() } else { Vec::new() }
}

/// The parts of a file that its attributes set apart, as byte ranges.
#[derive(Default)]
pub struct Apart {
    /// Compiled for tests only.
    pub tests: Vec<Range<usize>>,
    /// Where a lint is expected, with the lint's name.
    pub expected: Vec<(String, Range<usize>)>,
}

impl Apart {
    /// Reads the attributes of a whole file.
    pub fn of(file: &syn::File) -> Self {
        let mut apart = Self::default();
        apart.mark(&file.attrs, 0..usize::MAX);
        apart.visit_file(file);
        apart
    }

    /// Whether the byte belongs to a test.
    pub fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&at))
    }

    /// Whether the lint is expected at the byte.
    pub fn is_expected(&self, lint: &str, at: usize) -> bool {
        self.expected.iter().any(|(name, range)| name == lint && range.contains(&at))
    }

    fn mark(&mut self, attributes: &[Attribute], range: Range<usize>) {
        if is_test(attributes) {
            self.tests.push(range.clone());
        }
        self.expected.extend(expected_lints(attributes).into_iter().map(|lint| (lint, range.clone())));
    }
}

macro_rules! mark_all {
    ($($visit:ident: $node:ident,)*) => {
        impl<'ast> Visit<'ast> for Apart {
            $(fn $visit(&mut self, node: &'ast syn::$node) {
                self.mark(&node.attrs, node.span().byte_range());
                visit::$visit(self, node);
            })*
        }
    };
}

mark_all! {
    visit_item_const: ItemConst,
    visit_item_enum: ItemEnum,
    visit_item_fn: ItemFn,
    visit_item_impl: ItemImpl,
    visit_item_macro: ItemMacro,
    visit_item_mod: ItemMod,
    visit_item_static: ItemStatic,
    visit_item_struct: ItemStruct,
    visit_item_trait: ItemTrait,
    visit_item_type: ItemType,
    visit_item_use: ItemUse,
    visit_impl_item_const: ImplItemConst,
    visit_impl_item_fn: ImplItemFn,
    visit_trait_item_fn: TraitItemFn,
    visit_field: Field,
    visit_variant: Variant,
    visit_arm: Arm,
    visit_local: Local,
    visit_stmt_macro: StmtMacro,
    visit_expr_block: ExprBlock,
    visit_expr_macro: ExprMacro,
    visit_expr_method_call: ExprMethodCall,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(text: &str) -> Vec<Attribute> {
        let item: syn::ItemFn = syn::parse_str(&format!("{text} fn f() {{}}")).unwrap();
        item.attrs
    }

    #[test]
    fn knows_what_is_compiled_for_tests_only() {
        for yes in ["#[test]", "#[tokio::test]", "#[cfg(test)]", "#[cfg(all(unix, test))]"] {
            assert!(is_test(&attributes(yes)), "{yes}");
        }
        for no in ["", "#[cfg(not(test))]", "#[cfg(any(test, feature = \"x\"))]", "#[inline]"] {
            assert!(!is_test(&attributes(no)), "{no}");
        }
    }

    #[test]
    fn an_expectation_needs_a_reason() {
        let lints = |text| expected_lints(&attributes(text));
        assert_eq!(lints("#[expect(clippy::panic, reason = \"why\")]"), ["panic"]);
        assert!(lints("#[expect(clippy::panic)]").is_empty());
        assert!(lints("#[expect(clippy::panic, reason = \"\")]").is_empty());
    }

    #[test]
    fn ranges_cover_the_item_and_no_more() {
        let text = "fn a() {} #[cfg(test)] mod t { fn b() {} } fn c() {}";
        let apart = Apart::of(&syn::parse_file(text).unwrap());
        let is_test = |needle: &str| apart.is_test(text.find(needle).unwrap());
        assert_eq!([is_test("fn a"), is_test("fn b"), is_test("fn c")], [false, true, false]);
    }
}
