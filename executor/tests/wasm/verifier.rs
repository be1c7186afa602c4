//! Verdicts: what is valid, what is invalid and why, and what must stay without a verdict.

use std::sync::Arc;

use executor::{InvalidReason, NoVerdictReason, Sections, Verdict, VerifierLimits};

use crate::support::{Rig, empty_proof, verifier, verifier_limits, verifier_of};

fn invalid_trap(text: &str) -> Verdict {
    Verdict::Invalid(InvalidReason::Trap(format!("wasm trap: {text}")))
}

#[test]
fn only_one_is_valid() {
    let rig = Rig::new();
    assert_eq!(rig.verdict("(i32.const 1)"), Verdict::Valid);
    for code in [0, 2, -1, i32::MIN] {
        assert_eq!(rig.verdict(&format!("(i32.const {code})")), Verdict::Invalid(InvalidReason::Exit(code)));
    }
}

#[test]
fn the_verifier_sees_its_sections() {
    let rig = Rig::new();
    // Valid if the last byte of the input, the statement's, equals the first of the proof.
    let artifact = verifier(
        "(i32.eq (i32.load8_u (i32.add (local.get $ptr) (i32.const 4)))
                 (i32.load8_u (i32.sub (i32.add (local.get $ptr) (local.get $len)) (i32.const 1))))",
    );
    let input = |proof, statement| Sections::of_verifier(proof, b"public", [statement]);
    assert_eq!(rig.verify(&artifact, input(b"a-proof", b"banana")).verdict, Verdict::Valid);
    let invalid = Verdict::Invalid(InvalidReason::Exit(0));
    assert_eq!(rig.verify(&artifact, input(b"b-proof", b"banana")).verdict, invalid);
}

#[test]
fn traps_are_invalid() {
    let rig = Rig::new();
    let cases = [
        ("(unreachable)", "wasm `unreachable` instruction executed"),
        ("(i32.div_u (i32.const 1) (local.get $zero))", "integer divide by zero"),
        ("(i32.div_s (i32.const -2147483648) (i32.sub (local.get $zero) (i32.const 1)))", "integer overflow"),
        (
            "(i32.trunc_f32_s (f32.div (f32.convert_i32_s (local.get $zero)) (f32.const 0)))",
            "invalid conversion to integer",
        ),
        ("(i32.load (i32.const -4))", "out of bounds memory access"),
        ("(call_indirect (result i32) (i32.const 3))", "uninitialized element"),
        ("(call_indirect (result i32) (i32.const 4))", "undefined element: out of bounds table access"),
        ("(call_indirect (type $nothing) (i32.const 0)) (i32.const 1)", "indirect call type mismatch"),
        ("(memory.fill (i32.const 65535) (i32.const 0) (i32.const 2)) (i32.const 1)", "out of bounds memory access"),
    ];
    for (body, text) in cases {
        assert_eq!(rig.verdict(body), invalid_trap(text), "{body}");
    }
}

#[test]
fn a_data_segment_outside_the_memory_is_invalid() {
    let text = r#"(module (memory (export "memory") 1) (data (i32.const 65535) "xy")
        (func (export "alloc") (param i32) (result i32) (i32.const 8))
        (func (export "verify") (param i32 i32) (result i32) (i32.const 1)))"#;
    let verification = Rig::new().verify(&crate::support::binary(text), empty_proof());
    assert_eq!(verification.verdict, invalid_trap("out of bounds memory access"));
}

#[test]
fn an_endless_loop_runs_out_of_fuel_and_uses_all_of_it() {
    let rig = Rig::new();
    let verification = rig.verify(&verifier("(loop (br 0)) (i32.const 1)"), empty_proof());
    assert_eq!(verification.verdict, Verdict::Invalid(InvalidReason::OutOfFuel));
    assert_eq!(verification.fuel, verifier_limits().fuel);
}

#[test]
fn fuel_that_ends_in_the_last_instructions_is_out_of_fuel_too() {
    let rig = Rig::new();
    let artifact = verifier("(i32.const 1)");
    let enough = rig.verify(&artifact, empty_proof()).fuel;
    let with = |fuel| {
        let limits = VerifierLimits { fuel, ..verifier_limits() };
        rig.verify_within(&artifact, empty_proof(), limits).verdict
    };
    assert_eq!(with(enough + 1), Verdict::Valid);
    for fuel in 0..=enough {
        assert_eq!(with(fuel), Verdict::Invalid(InvalidReason::OutOfFuel), "{fuel} of {enough}");
    }
}

#[test]
fn a_stack_overflow_is_no_verdict() {
    let rig = Rig::new();
    assert_eq!(rig.verdict("(call $deep (i32.const 1000)) (drop) (i32.const 1)"), Verdict::Valid);
    let overflow = Verdict::NoVerdict(NoVerdictReason::StackOverflow);
    assert_eq!(rig.verdict("(call $deep (i32.const 1000000))"), overflow);
}

#[test]
fn the_safety_net_is_no_verdict() {
    let limits = VerifierLimits { fuel: u64::MAX >> 1, wall_ms: 1, ..verifier_limits() };
    let artifact = verifier("(loop (br 0)) (i32.const 1)");
    let verification = Rig::new().verify_within(&artifact, empty_proof(), limits);
    assert_eq!(verification.verdict, Verdict::NoVerdict(NoVerdictReason::WallClock));
}

#[test]
fn asking_for_too_much_memory_is_invalid_at_once() {
    let rig = Rig::new();
    let out_of_memory = Verdict::Invalid(InvalidReason::OutOfMemory);
    assert_eq!(rig.verdict("(drop (memory.grow (i32.const 100))) (i32.const 1)"), Verdict::Valid);
    assert_eq!(rig.verdict("(drop (memory.grow (i32.const 300))) (i32.const 1)"), out_of_memory);
    assert_eq!(
        rig.verdict("(drop (memory.grow (i32.const -1))) (i32.const 1)"),
        Verdict::Invalid(InvalidReason::OutOfFuel)
    );
    // A bomb: it doubles until it is stopped, and touches what it has.
    let bomb = "(loop (drop (memory.grow (memory.size)))
                      (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br 0)) (i32.const 1)";
    assert_eq!(rig.verdict(bomb), out_of_memory);
}

#[test]
fn more_initial_memory_than_the_limit_is_invalid() {
    let limits = VerifierLimits { memory_bytes: 65_535, ..verifier_limits() };
    let verification = Rig::new().verify_within(&verifier("(i32.const 1)"), empty_proof(), limits);
    assert_eq!(verification.verdict, Verdict::Invalid(InvalidReason::OutOfMemory));
}

/// What the metering hole was: growing by nothing costs the host a call, and cost the program one unit.
#[test]
fn growing_is_paid_for() {
    let rig = Rig::new();
    let fuel_of = |body: &str| {
        let text = format!(
            "(local.set $i (i32.const 1000)) (loop {body} (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1))))) (i32.const 1)"
        );
        let verification = rig.verify(&verifier(&text), empty_proof());
        assert_eq!(verification.verdict, Verdict::Valid, "{body}");
        verification.fuel
    };
    let plain = fuel_of("(drop (i32.add (local.get $zero) (i32.const 1)))");
    let grow = fuel_of("(drop (memory.grow (local.get $zero)))");
    assert!(grow - plain >= 1000 * 250, "{grow} against {plain}");
    let fill = fuel_of("(memory.fill (i32.const 0) (i32.const 0) (local.get $zero))");
    assert!(fill - plain >= 1000 * 250, "{fill} against {plain}");
    let fill = fuel_of("(memory.fill (i32.const 0) (i32.const 0) (i32.const 100))");
    assert!(fill - plain >= 1000 * 350, "{fill} against {plain}");
}

#[test]
fn every_page_is_paid_for() {
    let rig = Rig::new();
    let fuel_of = |pages| {
        rig.verify(&verifier(&format!("(drop (memory.grow (i32.const {pages}))) (i32.const 1)")), empty_proof()).fuel
    };
    assert_eq!(fuel_of(101) - fuel_of(1), 100 * 255);
}

#[test]
fn a_bad_pointer_from_alloc_is_invalid() {
    let rig = Rig::new();
    let verdict = |alloc: &str| rig.verify(&verifier_of(alloc, "(i32.const 1)"), empty_proof()).verdict;
    let bad = Verdict::Invalid(InvalidReason::BadPointer);
    // The empty input has two lengths: 8 bytes.
    assert_eq!(verdict("(i32.const 65528)"), Verdict::Valid);
    for pointer in ["0", "65529", "65536", "-1", "-8", "2147483647", "-2147483648"] {
        assert_eq!(verdict(&format!("(i32.const {pointer})")), bad, "{pointer}");
    }
    assert_eq!(verdict("(unreachable)"), invalid_trap("wasm `unreachable` instruction executed"));
    assert_eq!(verdict("(loop (br 0)) (i32.const 8)"), Verdict::Invalid(InvalidReason::OutOfFuel));
}

#[test]
fn what_is_no_verifier_is_invalid_with_the_reason() {
    let verdict = Rig::new().verify(b"\0asm\x01\0\0\0", empty_proof()).verdict;
    let Verdict::Invalid(InvalidReason::BadModule(text)) = verdict else { panic!("{verdict:?}") };
    assert_eq!(text, "export \"memory\" is missing");
}

/// NaNs have one bit pattern: without canonicalisation it would be the processor's choice.
#[test]
fn nan_is_canonical() {
    let rig = Rig::new();
    let body = "(i32.eq (i32.reinterpret_f32 (f32.div (f32.convert_i32_s (local.get $zero)) (f32.neg (f32.convert_i32_s (local.get $zero)))))
                        (i32.const 0x7fc00000))";
    assert_eq!(rig.verdict(body), Verdict::Valid);
}

/// (2^64 - 1)^2 is 1 and, in the upper half, -2; with 1 and 2 added it is 2 and 0.
#[test]
fn wide_products_and_sums_are_right_and_have_their_price() {
    let rig = Rig::new();
    let body = "(i64.mul_wide_u (i64.const -1) (i64.sub (i64.extend_i32_u (local.get $zero)) (i64.const 1)))
                i64.const 1 i64.const 2 i64.add128
                i64.eqz i64.extend_i32_u i64.add i64.const 3 i64.eq";
    let verification = rig.verify(&verifier(body), empty_proof());
    let others = 15; // Among them a function entered and a constant in `alloc`, and a function entered here.
    assert_eq!((verification.verdict, verification.fuel), (Verdict::Valid, others + 3 + 2));
}

/// The number is part of the protocol. If this fails, fuel is counted differently: a new fuel schedule.
#[test]
fn fuel_of_a_fixed_module_is_frozen() {
    let verification = Rig::new().verify(&fixed_module(), Sections::of_verifier(&[1; 1000], b"", []));
    assert_eq!((verification.verdict, verification.fuel), (Verdict::Valid, 208_455));
}

/// Calls, loops, loads, stores, division, bulk operations, growth, floats.
fn fixed_module() -> Vec<u8> {
    verifier(
        "(drop (memory.grow (i32.const 2)))
         (memory.copy (i32.const 70000) (local.get $ptr) (local.get $len))
         (loop
            (i32.store (i32.const 131072)
                (i32.add (i32.load (i32.const 131072))
                         (i32.rem_u (i32.load8_u (i32.add (local.get $ptr) (local.get $i))) (i32.const 7))))
            (drop (call $deep (i32.and (local.get $i) (i32.const 15))))
            (drop (f64.sqrt (f64.convert_i32_u (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $i) (local.get $len))))
         (call_indirect (result i32) (i32.const 0))",
    )
}

#[test]
fn verdict_and_fuel_are_the_same_every_time_on_every_thread() {
    let rig = Arc::new(Rig::new());
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let rig = rig.clone();
            std::thread::spawn(move || {
                let verification = rig.verify(&fixed_module(), Sections::of_verifier(&[1; 1000], b"", []));
                (verification.verdict, verification.fuel)
            })
        })
        .collect();
    let mut results: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    results.dedup();
    assert_eq!(results.len(), 1, "{results:?}");
    assert_eq!(results[0].0, Verdict::Valid);
}

#[test]
fn the_probe_runs() {
    let probe = Rig::new().executor.probe().unwrap();
    assert_eq!(probe.engine, executor::wasm::engine::VERIFIER_ENGINE);
}
