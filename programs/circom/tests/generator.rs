//! A witness generator in place of a witness.

mod common;

use ark_bn254::Fr;
use ark_ff::{BigInteger, PrimeField};
use circom::{generator, wtns};
use common::{BN254, run};
use program::Error;
use std::fmt::Write;

const INPUT: &str = r#"{"a": "6", "b": "7", "tag": 2026}"#;
/// A module with circom's interface that knows the witness, and takes two of the inputs and the tag.
struct Generator {
    version: i32,
    modulus: Vec<u8>,
    witness: Vec<u8>,
    raises: Option<i32>,
}

impl Generator {
    fn honest() -> Self {
        let witness: Vec<Fr> = wtns::read(BN254.witness).unwrap();
        let witness = witness.iter().flat_map(|value| value.into_bigint().to_bytes_le()).collect();
        Self { version: 2, modulus: Fr::MODULUS.to_bytes_le(), witness, raises: None }
    }

    fn module(&self) -> Vec<u8> {
        let raises = self.raises.map_or(String::new(), |code| format!("call $say i32.const {code} call $raise"));
        let known = ["a", "b", "tag"].map(|name| {
            let hash = fnv(name);
            let (high, low) = (hash >> 32, hash & 0xffff_ffff);
            format!("(i32.and (i32.eq (local.get 0) (i32.const {high})) (i32.eq (local.get 1) (i32.const {low})))")
        });
        let text = format!(
            r#"(module
                (import "runtime" "exceptionHandler" (func $raise (param i32)))
                (import "runtime" "printErrorMessage" (func $say))
                (memory 1)
                (data (i32.const 32) "{modulus}") (data (i32.const 64) "{witness}") (data (i32.const 4096) "line 9\00")
                (global $set (mut i32) (i32.const 0)) (global $said (mut i32) (i32.const 4096))
                (func (export "getMessageChar") (result i32)
                    (global.set $said (i32.add (global.get $said) (i32.const 1)))
                    (i32.load8_u (i32.sub (global.get $said) (i32.const 1))))
                (func (export "getVersion") (result i32) i32.const {version})
                (func (export "init") (param i32))
                (func (export "getFieldNumLen32") (result i32) i32.const 8)
                (func (export "getRawPrime") (memory.copy (i32.const 0) (i32.const 32) (i32.const 32)))
                (func (export "readSharedRWMemory") (param i32) (result i32)
                    (i32.load (i32.mul (local.get 0) (i32.const 4))))
                (func (export "writeSharedRWMemory") (param i32 i32)
                    (i32.store (i32.mul (local.get 0) (i32.const 4)) (local.get 1)))
                (func (export "getInputSize") (result i32) i32.const 3)
                (func (export "getInputSignalSize") (param i32 i32) (result i32)
                    {known} i32.or i32.or)
                (func (export "setInputSignal") (param i32 i32 i32)
                    {raises}
                    (global.set $set (i32.add (global.get $set) (i32.load (i32.const 0)))))
                (func (export "getWitnessSize") (result i32)
                    (i32.mul (i32.const {count}) (i32.eq (global.get $set) (i32.const {sum}))))
                (func (export "getWitness") (param i32)
                    (memory.copy (i32.const 0) (i32.add (i32.const 64) (i32.mul (local.get 0) (i32.const 32))) (i32.const 32)))
            )"#,
            modulus = escaped(&self.modulus),
            witness = escaped(&self.witness),
            version = self.version,
            known = known.join(" "),
            count = self.witness.len() / 32,
            sum = 6 + 7 + 2026,
        );
        wat::parse_str(text).unwrap()
    }

    fn run(&self, input: &str) -> Result<Vec<Fr>, Error> {
        generator::run(&self.module(), input.as_bytes())
    }
}

fn fnv(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "\\{byte:02x}").unwrap();
        text
    })
}

fn error(generator: &Generator, input: &str) -> String {
    generator.run(input).unwrap_err().to_string()
}

#[test]
fn what_it_generates_is_proved() {
    let module = Generator::honest().module();
    let inputs = [BN254.key, BN254.signals, BN254.zkey, &module, INPUT.as_bytes()];
    assert!(BN254.accepts(&run(1, &inputs).unwrap().proof));
    let refused = run(1, &inputs[..4]).unwrap_err().to_string();
    assert!(refused.contains("needs its input.json"), "{refused}");
}

#[test]
fn inputs_that_the_circuit_does_not_take_are_refused_by_name() {
    let honest = Generator::honest();
    for (input, wanted) in [
        (r#"{"a": 6, "b": 7}"#, "2 values, but the circuit takes 3"),
        (r#"{"a": 6, "b": 7, "other": 2026}"#, "takes no signal other"),
        (r#"{"a": [6, 7], "tag": 2026}"#, "a has 2 values, not 1"),
        ("{}", "0 values"),
    ] {
        let found = error(&honest, input);
        assert!(found.contains(wanted), "{found}");
    }
}

#[test]
fn an_assertion_of_the_circuit_is_told_with_what_it_says() {
    let found = error(&Generator { raises: Some(4), ..Generator::honest() }, INPUT);
    assert!(found.contains("an assertion failed: line 9"), "{found}");
}

#[test]
fn generators_of_another_kind_are_refused() {
    let honest = Generator::honest;
    for (generator, wanted) in [
        (Generator { version: 1, ..honest() }, "of circom 1, not 2"),
        (Generator { modulus: vec![7; 32], ..honest() }, "another curve"),
        (Generator { witness: vec![0xff; 8 * 32], ..honest() }, "not below the modulus"),
    ] {
        let found = error(&generator, INPUT);
        assert!(found.contains(wanted), "{found}");
    }
    for bytes in [&b"\0asm"[..], b"\0asm\x01\0\0\0", b"no module"] {
        assert!(generator::run::<Fr>(bytes, INPUT.as_bytes()).is_err());
    }
}

/// `CIRCOM_OUT` is a folder that `node setup.mjs FOLDER merkle` wrote.
#[test]
#[ignore = "needs a generator by circom: node setup.mjs FOLDER merkle, CIRCOM_OUT=FOLDER"]
fn a_generator_by_circom_makes_the_witness_that_snarkjs_makes() {
    let folder = std::path::PathBuf::from(std::env::var_os("CIRCOM_OUT").expect("CIRCOM_OUT names a folder"));
    let read = |name: &str| std::fs::read(folder.join("merkle").join(name)).unwrap();
    let made: Vec<Fr> = generator::run(&read("merkle_js/merkle.wasm"), &read("input.json")).unwrap();
    assert_eq!(made, wtns::read::<Fr>(&read("witness.wtns")).unwrap());
}
