//! Outcomes of provers: success, each reason to fail, and that none of them hangs or loses the log.

use std::cell::RefCell;

use executor::{CancelToken, FailReason, Outcome, ProgramEvent, ProverLimits, Sections, Success};

use crate::support::{Rig, binary, prover, prover_limits, reason};

const HELLO: &str = "(call $log (i32.const 0) (i32.const 5))";

fn success(outcome: Outcome) -> Success {
    match outcome {
        Outcome::Success(success) => success,
        Outcome::Failed(failed) => panic!("the program failed: {failed:?}"),
    }
}

#[test]
fn proof_public_values_log_and_progress_come_back() {
    let rig = Rig::new();
    let artifact = prover(&format!(
        "{HELLO} (call $progress (i32.const 500)) (call $progress (i32.const 300)) (call $progress (i32.const 5000))
         (call $output (i32.const 0) (local.get $ptr) (local.get $len))
         (call $output (i32.const 1) (i32.const 0) (i32.const 2))
         (call $output (i32.const 1) (i32.const 2) (i32.const 3)) (i32.const 0)"
    ));
    let events = RefCell::new(Vec::new());
    let input = Sections::of_prover(b"ab", [&b"c"[..]]);
    let on_event = |event| events.borrow_mut().push(event);
    let outcome = rig.prove_watched(&artifact, input, prover_limits(), &CancelToken::new(), &on_event);
    let success = success(outcome);
    assert_eq!(success.proof, b"\x02\0\0\0ab\x01\0\0\0c");
    assert_eq!(success.public, b"hello");
    assert_eq!(success.log.text(), "hello\n");
    assert_eq!((success.usage.host_calls, success.usage.memory_peak_bytes), (7, 65_536));
    assert_eq!((success.usage.cpu_ms.is_some(), success.usage.disk_peak_bytes), (true, 0));
    let expected = [
        ProgramEvent::Started,
        ProgramEvent::Log(b"hello".to_vec()),
        ProgramEvent::Log(b"\n".to_vec()),
        ProgramEvent::Progress(500),
        ProgramEvent::Progress(1000),
    ];
    assert_eq!(events.into_inner(), expected);
}

#[test]
fn a_code_is_a_failure_with_its_log() {
    let outcome = Rig::new().outcome(&format!("{HELLO} (i32.const 3)"));
    assert_eq!(outcome.log().text(), "hello\n");
    assert_eq!(reason(outcome), FailReason::Exit(3));
}

#[test]
fn traps_are_failures_with_their_log() {
    let rig = Rig::new();
    let outcome = rig.outcome(&format!("{HELLO} (unreachable)"));
    assert_eq!(outcome.log().text(), "hello\n");
    assert_eq!(reason(outcome), FailReason::Trap("wasm trap: wasm `unreachable` instruction executed".to_owned()));
    assert_eq!(rig.fail_reason("(call $deep) (i32.const 0)"), FailReason::Trap("call stack exhausted".to_owned()));
}

#[test]
fn a_loop_past_its_time_is_a_timeout_with_its_log() {
    let rig = Rig::new();
    let limits = ProverLimits { wall_ms: 20, ..prover_limits() };
    let artifact = prover(&format!("{HELLO} (loop (br 0)) (i32.const 0)"));
    let outcome = rig.prove(&artifact, Sections::of_prover(b"", []), limits);
    assert_eq!(outcome.log().text(), "hello\n");
    assert!(outcome.usage().wall_ms >= 20);
    assert_eq!(reason(outcome), FailReason::Timeout);
}

#[test]
fn an_alloc_that_never_returns_is_a_timeout() {
    let text = r#"(module (memory (export "memory") 1)
        (func (export "alloc") (param i32) (result i32) (loop (br 0)) (i32.const 8))
        (func (export "prove") (param i32 i32) (result i32) (i32.const 0)))"#;
    let limits = ProverLimits { wall_ms: 20, ..prover_limits() };
    let outcome = Rig::new().prove(&binary(text), Sections::of_prover(b"", []), limits);
    assert_eq!(reason(outcome), FailReason::Timeout);
}

#[test]
fn cancelling_stops_a_loop_and_keeps_its_log() {
    let rig = Rig::new();
    let cancel = CancelToken::new();
    // Cancelled from the program's own first words, so that it surely runs.
    let on_event = |event| {
        if matches!(event, ProgramEvent::Log(_)) {
            cancel.cancel();
        }
    };
    let artifact = prover(&format!("{HELLO} (loop (br 0)) (i32.const 0)"));
    let outcome = rig.prove_watched(&artifact, Sections::of_prover(b"", []), prover_limits(), &cancel, &on_event);
    assert_eq!(outcome.log().text(), "hello\n");
    assert_eq!(reason(outcome), FailReason::Cancelled);
}

#[test]
fn a_caller_that_panics_stops_the_run() {
    let rig = Rig::new();
    let on_event = |event| assert!(matches!(event, ProgramEvent::Started), "the caller's own fault");
    let artifact = prover(&format!("{HELLO} (loop (br 0)) (i32.const 0)"));
    let run = || {
        let input = Sections::of_prover(b"", []);
        rig.prove_watched(&artifact, input, prover_limits(), &CancelToken::new(), &on_event)
    };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
}

#[test]
fn what_was_cancelled_before_does_not_start() {
    let rig = Rig::new();
    let cancel = CancelToken::new();
    drop(cancel.cancel_on_drop());
    let never = |event| panic!("{event:?}");
    let outcome =
        rig.prove_watched(&prover("(i32.const 0)"), Sections::of_prover(b"", []), prover_limits(), &cancel, &never);
    assert_eq!(reason(outcome), FailReason::Cancelled);
}

#[test]
fn too_much_memory_is_out_of_memory() {
    let rig = Rig::new();
    assert_eq!(rig.fail_reason("(drop (memory.grow (i32.const 256))) (i32.const 0)"), FailReason::OutOfMemory);
    assert_eq!(
        rig.fail_reason("(loop (drop (memory.grow (i32.const 1))) (br 0)) (i32.const 0)"),
        FailReason::OutOfMemory
    );
    let success = success(rig.outcome("(drop (memory.grow (i32.const 255))) (i32.const 0)"));
    assert_eq!(success.usage.memory_peak_bytes, 16 << 20);
}

#[test]
fn too_much_output_is_output_too_large() {
    let rig = Rig::new();
    let limits = ProverLimits { proof_bytes_max: 9, public_bytes_max: 5, ..prover_limits() };
    let run = |body: &str| rig.prove(&prover(body), Sections::of_prover(b"", []), limits);
    let once = |kind: u32| format!("(call $output (i32.const {kind}) (i32.const 0) (i32.const 5))");
    assert_eq!(success(run(&format!("{} {} (i32.const 0)", once(0), once(1)))).proof, b"hello");
    for kind in [0, 1] {
        let outcome = run(&format!("{HELLO} {} {} (i32.const 0)", once(kind), once(kind)));
        assert_eq!(outcome.log().text(), "hello\n");
        assert_eq!(reason(outcome), FailReason::OutputTooLarge);
    }
}

#[test]
fn a_log_without_end_is_told_whole_and_kept_within_bounds() {
    let rig = Rig::new();
    let limits = ProverLimits { log_bytes_max: 100, host_calls_max: 10_000, ..prover_limits() };
    let events = RefCell::new(0);
    let on_event = |event| {
        if let ProgramEvent::Log(bytes) = event {
            *events.borrow_mut() += bytes.len();
        }
    };
    let artifact = prover(&format!("(loop {HELLO} (br 0)) (i32.const 0)"));
    let input = Sections::of_prover(b"", []);
    let outcome = rig.prove_watched(&artifact, input, limits, &CancelToken::new(), &on_event);
    assert_eq!(events.into_inner(), 6 * 10_000);
    assert_eq!(outcome.log().dropped_bytes, 6 * 10_000 - 100);
    assert!(outcome.log().bytes.len() < 150);
    assert!(matches!(reason(outcome), FailReason::Trap(text) if text.contains("10000 calls")));
}

#[test]
fn bytes_through_the_host_are_bounded() {
    let rig = Rig::new();
    let limits = ProverLimits { host_bytes_max: 1 << 20, ..prover_limits() };
    let artifact = prover("(loop (call $random (i32.const 0) (i32.const 65536)) (br 0)) (i32.const 0)");
    let outcome = rig.prove(&artifact, Sections::of_prover(b"", []), limits);
    assert_eq!(outcome.usage().host_calls, 17);
    assert!(matches!(reason(outcome), FailReason::Trap(text) if text.contains("too many bytes")));
}

#[test]
fn pointers_are_checked() {
    let rig = Rig::new();
    for (ptr, len) in [("65535", "2"), ("-1", "1"), ("-1", "-1"), ("0", "65537"), ("2147483647", "2147483647")] {
        for call in ["(call $log", "(call $random", "(call $output (i32.const 0)"] {
            let reason = rig.fail_reason(&format!("{call} (i32.const {ptr}) (i32.const {len})) (i32.const 0)"));
            assert!(matches!(&reason, FailReason::Trap(_)), "{call} {ptr} {len}: {reason:?}");
        }
    }
    let edge = "(call $log (i32.const 65535) (i32.const 1)) (call $log (i32.const 65536) (i32.const 0)) (i32.const 0)";
    assert_eq!(success(rig.outcome(edge)).log.bytes, b"\0\n\n");
}

#[test]
fn an_unknown_kind_of_output_is_a_trap() {
    let reason = Rig::new().fail_reason("(call $output (i32.const 2) (i32.const 0) (i32.const 1)) (i32.const 0)");
    assert_eq!(reason, FailReason::Trap("output of unknown kind 2".to_owned()));
}

#[test]
fn randomness_follows_from_the_seed() {
    let rig = Rig::new();
    let artifact = prover(
        "(call $random (i32.const 0) (i32.const 40)) (call $random (i32.const 40) (i32.const 24))
         (call $output (i32.const 0) (i32.const 0) (i32.const 64)) (i32.const 0)",
    );
    let with = |seed| {
        let input = Sections::of_prover(b"", []);
        let job = executor::ProveJob { artifact: &artifact, input, seed, limits: prover_limits() };
        success(rig.executor.prove(&job, &CancelToken::new(), &|_| ())).proof
    };
    assert_eq!(with([1; 32]), with([1; 32]));
    assert_ne!(with([1; 32]), with([2; 32]));
    let proof = with([1; 32]);
    assert_ne!(proof[..32], proof[32..]);
}

#[test]
fn what_is_no_prover_is_a_bad_module_with_the_reason() {
    let outcome = Rig::new().prove(b"ELF", Sections::of_prover(b"", []), prover_limits());
    assert!(matches!(reason(outcome), FailReason::BadModule(_)));
}

#[test]
fn provers_run_side_by_side() {
    let rig = Rig::new();
    let artifact = prover("(call $output (i32.const 0) (local.get $ptr) (local.get $len)) (i32.const 0)");
    std::thread::scope(|scope| {
        for n in 0..6_u8 {
            let (rig, artifact) = (&rig, &artifact);
            scope.spawn(move || {
                let arguments = [n];
                let outcome = rig.prove(artifact, Sections::of_prover(&arguments, []), prover_limits());
                assert_eq!(success(outcome).proof, [1, 0, 0, 0, n]);
            });
        }
    });
}
