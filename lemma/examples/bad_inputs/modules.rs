//! WebAssembly that no node should run, and WebAssembly that misbehaves when it does.

/// A verifier that takes every proof, so that what a program says of itself comes back.
pub const TAKES_ALL: &str = r#"(memory (export "memory") 1)
    (func (export "alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "verify") (param i32 i32) (result i32) (i32.const 1))"#;

/// A module of these parts.
pub fn module(parts: &str) -> anyhow::Result<Vec<u8>> {
    Ok(wat::parse_str(format!("(module {parts})"))?)
}

/// A prover with this body, and these parts besides.
pub fn prover(parts: &str, body: &str) -> anyhow::Result<Vec<u8>> {
    module(&format!(
        r#"(import "lemma" "log" (func $log (param i32 i32)))
        (import "lemma" "output" (func $output (param i32 i32 i32)))
        {parts}
        (memory (export "memory") 1)
        (func $deep (call $deep))
        (func (export "alloc") (param i32) (result i32) (i32.const 1024))
        (func (export "prove") (param $ptr i32) (param $len i32) (result i32) {body})"#
    ))
}

/// A verifier with this body, and these parts besides.
pub fn verifier(parts: &str, body: &str) -> anyhow::Result<Vec<u8>> {
    module(&format!(
        r#"{parts}
        (memory (export "memory") 1)
        (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
        (func (export "alloc") (param i32) (result i32) (i32.const 1024))
        (func (export "verify") (param $ptr i32) (param $len i32) (result i32) {body})"#
    ))
}
