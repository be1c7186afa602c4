//! What needs no proof to be refused: the mock proofs that SP1's tools make, other kinds of proof, nonsense.

#[allow(dead_code, reason = "what one file of tests does without, the other uses")]
mod common;

use common::{Held, Verifier};

/// As SP1's tools write a `SP1Proof`: which kind, then its fields.
const CORE: u32 = 0;
const COMPRESSED: u32 = 1;
const PLONK: u32 = 2;
const GROTH16: u32 = 3;

/// A key as good as any: the digits are all zero.
const KEY: [u8; 32] = [0; 32];

fn held(proof: Vec<u8>) -> Held {
    Held { key: KEY.into(), public: b"42".into(), proof }
}

fn kind(kind: u32, fields: &[u8]) -> Held {
    held([&kind.to_le_bytes(), fields].concat())
}

/// A mock of the last two kinds: five public inputs, nothing as proof twice, no key.
fn wrapped_mock(inputs: [&str; 5]) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    let inputs: Vec<u8> = inputs.iter().flat_map(|input| text(input)).collect();
    [inputs, text(""), text(""), vec![0; 32]].concat()
}

#[test]
fn mock_proofs_are_refused() {
    let verifier = Verifier::new();
    let no_shards = 0u64.to_le_bytes();
    assert!(verifier.refuses(&kind(CORE, &no_shards)));
    let mock = wrapped_mock(["0", "0", "0", "0", "0"]);
    assert!(verifier.refuses(&kind(PLONK, &mock)));
    assert!(verifier.refuses(&kind(GROTH16, &mock)));
}

#[test]
fn nonsense_is_refused() {
    let verifier = Verifier::new();
    assert!(verifier.refuses(&held(Vec::new())));
    for tag in [CORE, COMPRESSED, PLONK, GROTH16, 4, u32::MAX] {
        for fill in [0, 1, 0x7f, 0xff] {
            for length in [0, 7, 8, 4096, 1_300_000] {
                assert!(verifier.refuses(&kind(tag, &vec![fill; length])), "{tag}: {length} times {fill}");
            }
        }
    }
}

#[test]
fn lengths_that_are_claimed_take_no_memory() {
    let verifier = Verifier::new();
    for claimed in [1u64 << 20, 1 << 31, 1 << 40, u64::MAX] {
        assert!(verifier.refuses(&kind(CORE, &claimed.to_le_bytes())), "{claimed}");
        assert!(verifier.refuses(&kind(PLONK, &claimed.to_le_bytes())), "{claimed}");
    }
}

#[test]
fn a_statement_is_one_key() {
    let verifier = Verifier::new();
    let proof = kind(CORE, &0u64.to_le_bytes()).proof;
    for statement in [&[][..], &[&KEY[..], &KEY], &[&KEY[1..]], &[&[0xff; 32]]] {
        let verdict = verifier.run(statement, b"42", &proof).verdict;
        assert!(matches!(verdict, executor::Verdict::Invalid(executor::InvalidReason::Exit(_))), "{verdict:?}");
    }
}
