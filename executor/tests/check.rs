//! Which modules are verifiers and provers, and for which named reason others are not.

#![expect(clippy::unwrap_used, reason = "a test that cannot build its module fails")]

use executor::check::{PROVER_BYTES_MAX, VERIFIER_BYTES_MAX};
use executor::{ModuleError, check_prover, check_verifier};

const ALLOC: &str = r#"(func (export "alloc") (param i32) (result i32) (i32.const 8))"#;
const VERIFY: &str = r#"(func (export "verify") (param i32 i32) (result i32) (i32.const 1))"#;
const PROVE: &str = r#"(func (export "prove") (param i32 i32) (result i32) (i32.const 0))"#;
const MEMORY: &str = r#"(memory (export "memory") 1)"#;

fn module(parts: &[&str]) -> Vec<u8> {
    wat::parse_str(format!("(module {})", parts.join("\n"))).unwrap()
}

/// A verifier with additions.
fn verifier_with(parts: &[&str]) -> Result<(), ModuleError> {
    check_verifier(&module(&[parts, &[MEMORY, ALLOC, VERIFY]].concat()))
}

fn prover_with(parts: &[&str]) -> Result<(), ModuleError> {
    check_prover(&module(&[parts, &[MEMORY, ALLOC, PROVE]].concat()))
}

fn too_many(result: Result<(), ModuleError>) -> Option<&'static str> {
    match result {
        Err(ModuleError::TooMany { what, got, max }) if got > max => Some(what),
        _ => None,
    }
}

#[test]
fn the_plain_ones_pass() {
    assert_eq!(verifier_with(&[]), Ok(()));
    assert_eq!(prover_with(&[]), Ok(()));
}

#[test]
fn a_prover_is_no_verifier_and_the_other_way_round() {
    assert_eq!(check_verifier(&module(&[MEMORY, ALLOC, PROVE])), Err(ModuleError::MissingExport("verify")));
    assert_eq!(check_prover(&module(&[MEMORY, ALLOC, VERIFY])), Err(ModuleError::MissingExport("prove")));
}

#[test]
fn each_export_is_required() {
    assert_eq!(check_verifier(&module(&[ALLOC, VERIFY])), Err(ModuleError::MissingExport("memory")));
    assert_eq!(check_verifier(&module(&[MEMORY, VERIFY])), Err(ModuleError::MissingExport("alloc")));
    assert_eq!(check_verifier(&module(&[MEMORY, ALLOC])), Err(ModuleError::MissingExport("verify")));
}

#[test]
fn each_export_has_its_type() {
    let wrong = |parts: &[&str]| match check_verifier(&module(parts)) {
        Err(ModuleError::WrongType { name, found, .. }) => (name, found),
        other => panic!("{other:?}"),
    };
    let verify = r#"(func (export "verify") (param i32) (result i32) (i32.const 1))"#;
    assert_eq!(wrong(&[MEMORY, ALLOC, verify]), ("verify", "(i32) -> (i32)".to_owned()));
    let verify = r#"(func (export "verify") (param i32 i32) (result i64) (i64.const 1))"#;
    assert_eq!(wrong(&[MEMORY, ALLOC, verify]), ("verify", "(i32, i32) -> (i64)".to_owned()));
    let alloc = r#"(func (export "alloc") (param i64) (result i32) (i32.const 8))"#;
    assert_eq!(wrong(&[MEMORY, alloc, VERIFY]), ("alloc", "(i64) -> (i32)".to_owned()));
    let memory = r#"(memory 1) (global (export "memory") i32 (i32.const 0))"#;
    assert_eq!(wrong(&[memory, ALLOC, VERIFY]), ("memory", "a global".to_owned()));
    let alloc = r#"(memory 1) (export "alloc" (memory 0))"#;
    assert_eq!(wrong(&[r#"(export "memory" (memory 0))"#, alloc, VERIFY]), ("alloc", "a memory".to_owned()));
}

#[test]
fn a_verifier_imports_nothing() {
    let result = verifier_with(&[r#"(import "lemma" "log" (func (param i32 i32)))"#]);
    assert_eq!(result, Err(ModuleError::Import("lemma.log".to_owned())));
    let result = verifier_with(&[r#"(import "env" "g" (global i32))"#]);
    assert_eq!(result, Err(ModuleError::Import("env.g".to_owned())));
}

#[test]
fn a_prover_imports_only_what_the_host_offers() {
    let all = [
        r#"(import "lemma" "log" (func (param i32 i32)))"#,
        r#"(import "lemma" "progress" (func (param i32)))"#,
        r#"(import "lemma" "random" (func (param i32 i32)))"#,
        r#"(import "lemma" "output" (func (param i32 i32 i32)))"#,
    ];
    assert_eq!(prover_with(&all), Ok(()));
    let refused = |import: &str| matches!(prover_with(&[import]), Err(ModuleError::Import(_)));
    assert!(refused(r#"(import "lemma" "clock" (func (result i64)))"#));
    assert!(refused(r#"(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))"#));
    assert!(refused(r#"(import "env" "log" (func (param i32 i32)))"#));
    let wrong = prover_with(&[r#"(import "lemma" "log" (func (param i32)))"#]);
    assert!(matches!(wrong, Err(ModuleError::WrongType { name: "log", .. })));
    let wrong = prover_with(&[r#"(import "lemma" "log" (global i32))"#]);
    assert!(matches!(wrong, Err(ModuleError::WrongType { name: "log", .. })));
}

#[test]
fn nothing_starts_by_itself() {
    assert_eq!(verifier_with(&["(func $f) (start $f)"]), Err(ModuleError::StartFunction));
    assert_eq!(prover_with(&["(func $f) (start $f)"]), Err(ModuleError::StartFunction));
}

#[test]
fn sizes_are_bounded() {
    let padding = format!("(@custom \"padding\" \"{}\")", "x".repeat(VERIFIER_BYTES_MAX));
    assert!(matches!(verifier_with(&[&padding]), Err(ModuleError::TooLarge { max: VERIFIER_BYTES_MAX, .. })));
    assert_eq!(prover_with(&[&padding]), Ok(()));
    let huge = vec![0; PROVER_BYTES_MAX + 1];
    assert!(matches!(check_prover(&huge), Err(ModuleError::TooLarge { max: PROVER_BYTES_MAX, .. })));
}

#[test]
fn counts_are_bounded() {
    assert_eq!(too_many(verifier_with(&["(memory 1)"])), Some("memories"));
    assert_eq!(too_many(verifier_with(&["(table 1 funcref) (table 1 funcref)"])), Some("tables"));
    assert_eq!(too_many(verifier_with(&["(table 65537 funcref)"])), Some("table elements"));
    assert_eq!(too_many(verifier_with(&[&"(func)".repeat(20_001)])), Some("functions"));
    assert_eq!(too_many(verifier_with(&[&"(global i32 (i32.const 0))".repeat(4_097)])), Some("globals"));
    assert_eq!(too_many(verifier_with(&[&"(data (i32.const 0) \"\")".repeat(20_001)])), Some("data segments"));
    let elements = ["(table 1 funcref)", &"(elem (i32.const 0) func)".repeat(4_097)].concat();
    assert_eq!(too_many(verifier_with(&[&elements])), Some("element segments"));
    let exports: String = (0..4_097).map(|n| format!("(export \"e{n}\" (memory 0))")).collect();
    assert_eq!(too_many(verifier_with(&[&exports])), Some("exports"));
}

#[test]
fn a_million_functions_are_refused() {
    let functions = "(func)".repeat(1_000_000);
    assert_eq!(too_many(verifier_with(&[&functions])), Some("functions"));
    assert_eq!(too_many(prover_with(&[&functions])), Some("functions"));
}

#[test]
fn a_few_bytes_cannot_ask_for_much() {
    let locals = |count: usize| format!("(func (local {}))", "i64 ".repeat(count));
    assert_eq!(too_many(verifier_with(&[&locals(10_001)])), Some("locals in a function"));
    assert_eq!(too_many(verifier_with(&[&locals(10_000).repeat(201)])), Some("locals"));
    let body = format!("(func {})", "(drop (i64.const -1))".repeat(100_000));
    assert_eq!(too_many(verifier_with(&[&body])), Some("bytes in a function"));
    let memory = r#"(memory (export "memory") 1025)"#;
    assert_eq!(too_many(check_verifier(&module(&[memory, ALLOC, VERIFY]))), Some("pages of initial memory"));
}

#[test]
fn nesting_is_bounded() {
    let nested = |open: &str, depth: usize| format!("(func {} {})", open.repeat(depth), "end ".repeat(depth));
    assert_eq!(verifier_with(&[&nested("block ", 1_024)]), Ok(()));
    assert_eq!(too_many(verifier_with(&[&nested("block ", 1_025)])), Some("nested blocks"));
    assert_eq!(verifier_with(&[&nested("loop ", 32)]), Ok(()));
    assert_eq!(too_many(verifier_with(&[&nested("loop ", 33)])), Some("nested loops"));
    let repeated = |block: &str, count: usize| format!("(func {})", block.repeat(count));
    assert_eq!(verifier_with(&[&repeated("loop end ", 1_024)]), Ok(()));
    assert_eq!(too_many(verifier_with(&[&repeated("loop end ", 1_025)])), Some("loops in a function"));
    assert_eq!(too_many(verifier_with(&[&repeated("block end ", 8_193)])), Some("blocks in a function"));
}

#[test]
fn signatures_are_bounded() {
    let types = |params: usize, results: usize| {
        format!("(type (func (param {}) (result {})))", "i32 ".repeat(params), "i64 ".repeat(results))
    };
    assert_eq!(verifier_with(&[&types(64, 8)]), Ok(()));
    assert_eq!(too_many(verifier_with(&[&types(65, 0)])), Some("parameters"));
    assert_eq!(too_many(verifier_with(&[&types(0, 9)])), Some("results"));
}

#[test]
fn features_that_are_not_accepted_are_refused() {
    let refused = |part: &str| matches!(verifier_with(&[part]), Err(ModuleError::Malformed(_)));
    assert!(refused("(func (drop (v128.const i64x2 0 0)))"), "SIMD");
    assert!(refused("(func (result i32) (i32.atomic.load (i32.const 0)))"), "threads");
    assert!(refused("(table 0 funcref) (func (drop (table.grow 0 (ref.null func) (i32.const 1))))"), "growing tables");
    assert!(refused("(func $f (return_call $f))"), "tail calls");
    assert!(refused("(func (param externref))"), "references");
    assert!(refused("(tag)"), "exceptions");
    assert!(refused("(data \"x\") (func (data.drop 0))"), "passive segments");
    let memory64 = r#"(memory (export "memory") i64 1)"#;
    assert!(matches!(check_verifier(&module(&[memory64, ALLOC, VERIFY])), Err(ModuleError::Malformed(_))));
    let shared = r#"(memory (export "memory") 1 1 shared)"#;
    assert!(matches!(check_verifier(&module(&[shared, ALLOC, VERIFY])), Err(ModuleError::Malformed(_))));
    assert_eq!(prover_with(&["(func (drop (v128.const i64x2 0 0)))"]), Ok(()), "a prover may use SIMD");
    let relaxed = "(func (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0))))";
    assert!(matches!(prover_with(&[relaxed]), Err(ModuleError::Malformed(_))), "relaxed SIMD");
}

#[test]
fn wide_arithmetic_is_accepted() {
    let two = "(i64.const 1) (i64.const 1)";
    for operator in ["i64.mul_wide_u", "i64.mul_wide_s"] {
        assert_eq!(verifier_with(&[&format!("(func ({operator} {two}) drop drop)")]), Ok(()), "{operator}");
    }
    for operator in ["i64.add128", "i64.sub128"] {
        assert_eq!(verifier_with(&[&format!("(func ({operator} {two} {two}) drop drop)")]), Ok(()), "{operator}");
        assert_eq!(prover_with(&[&format!("(func ({operator} {two} {two}) drop drop)")]), Ok(()), "{operator}");
    }
}

/// The reason says which feature it was, so that an author knows what to switch off.
#[test]
fn a_refused_feature_is_named() {
    let reason = |part: &str| verifier_with(&[part]).unwrap_err().to_string();
    assert!(reason("(func (drop (v128.const i64x2 0 0)))").contains("SIMD"));
    assert!(reason("(func (result i32) (i32.atomic.load (i32.const 0)))").contains("threads"));
    let relaxed = "(func (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0))))";
    assert!(prover_with(&[relaxed]).unwrap_err().to_string().contains("relaxed SIMD"));
}

#[test]
fn what_is_not_a_module_is_malformed() {
    let whole = module(&[MEMORY, ALLOC, VERIFY]);
    for end in 0..whole.len() {
        assert!(check_verifier(&whole[..end]).is_err(), "cut at {end}");
    }
    let text = check_verifier(b"(module)");
    assert!(matches!(&text, Err(ModuleError::Malformed(why)) if !why.contains('\n')), "text is not accepted: {text:?}");
    let component = wat::parse_str("(component)").unwrap();
    assert!(matches!(check_verifier(&component), Err(ModuleError::Malformed(_))));
    let ill_typed = module(&["(func (result i32) (i64.const 1))", MEMORY, ALLOC, VERIFY]);
    assert!(matches!(check_verifier(&ill_typed), Err(ModuleError::Malformed(_))));
}
