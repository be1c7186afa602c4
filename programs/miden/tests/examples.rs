//! The three examples: what they compute, and that their proofs are accepted.

mod common;

use common::{FIBONACCI, MERKLE, PROVED, SHA256, TWENTY, accepts, hash, numbers, prove_with, run};
use miden::OUTPUT_BYTES;
use miden_core::Word;
use miden_processor::crypto::merkle::MerkleTree;
use program::{Error, rehearsal::Rehearsal};
use sha2::{Digest, Sha256};

#[test]
fn the_twentieth_fibonacci_number_is_proved() {
    assert_eq!(numbers(&PROVED), [&[6765][..], &[0; 15]].concat());
    assert_eq!(PROVED.public_values.len(), OUTPUT_BYTES);
    assert!(accepts(&hash(FIBONACCI), TWENTY, &PROVED));
}

#[test]
fn one_program_proves_every_fibonacci_number() {
    for (n, expected) in [("0", 0), ("1", 1), ("2", 1), ("90", 2_880_067_194_370_816_120)] {
        let stack = format!(r#"{{"operand_stack": ["{n}"]}}"#);
        let output = run(FIBONACCI, &stack, None).unwrap();
        assert_eq!(numbers(&output)[0], expected);
        assert!(accepts(&hash(FIBONACCI), &stack, &output));
    }
}

#[test]
fn a_sha_256_preimage_is_proved_and_its_digest_is_the_real_one() {
    let message: [u8; 64] = core::array::from_fn(|index| index as u8);
    let words = message.chunks(4).rev().map(|word| u32::from_be_bytes(word.try_into().unwrap()).to_string());
    let advice = format!(r#"{{"advice_stack": {:?}}}"#, words.collect::<Vec<_>>());
    let stack = r#"{"operand_stack": []}"#;
    let output = run(SHA256, stack, Some(&advice)).unwrap();
    let digest = Sha256::digest(message);
    let digest: Vec<u64> = digest.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap()).into()).collect();
    assert_eq!(numbers(&output)[..8], digest);
    assert!(accepts(&hash(SHA256), stack, &output));
}

#[test]
fn a_leaf_of_a_merkle_tree_is_proved_and_another_is_not() {
    let (true_claim, advice) = (include_str!("../masm/merkle.stack.json"), include_str!("../masm/merkle.advice.json"));
    let elsewhere = true_claim.replacen(r#""3", "5""#, r#""3", "6""#, 1);
    let another = true_claim.replacen(r#"["5""#, r#"["6""#, 1);
    let output = run(MERKLE, true_claim, Some(advice)).unwrap();
    assert!(accepts(&hash(MERKLE), true_claim, &output));
    for false_claim in [elsewhere, another] {
        assert_ne!(false_claim, true_claim);
        assert!(!accepts(&hash(MERKLE), &false_claim, &output));
        let reason = run(MERKLE, &false_claim, Some(advice)).unwrap_err().to_string();
        assert!(reason.contains("merkle path verification failed"), "{reason}");
    }
    assert!(run(MERKLE, true_claim, None).is_err(), "nobody knows the tree");
}

#[test]
fn the_merkle_example_has_the_root_of_its_tree() {
    let leaves: Vec<Word> = (0..8).map(|leaf| Word::from([leaf, 0, 0, 0u32])).collect();
    let root = MerkleTree::new(leaves).unwrap().root();
    let numbers = root.iter().map(|number| number.as_canonical_u64());
    let stack: Vec<String> = [5, 0, 0, 0, 3, 5].into_iter().chain(numbers).map(|number| number.to_string()).collect();
    assert_eq!(include_str!("../masm/merkle.stack.json"), format!("{{\"operand_stack\": {stack:?}}}\n"));
}

#[test]
fn the_prover_logs_the_result_and_reports_progress() {
    let rehearsal = Rehearsal::new(1);
    let inputs: [&[u8]; 3] = [&hash(FIBONACCI), TWENTY.as_bytes(), FIBONACCI.as_bytes()];
    rehearsal.prove(miden::prove, b"", &inputs).unwrap();
    assert_eq!(rehearsal.log_lines(), ["assembled", "executed; the stack ends with 6765"]);
    assert_eq!(rehearsal.last_progress(), 990);
}

#[test]
fn the_prover_says_what_is_wrong_with_its_inputs() {
    let (hash, stack, source) = (&hash(FIBONACCI)[..], TWENTY.as_bytes(), FIBONACCI.as_bytes());
    let cases: [(&[&[u8]], &str); 6] = [
        (&[hash, stack], "inputs must be: program hash, stack inputs, source, and advice if the program needs it"),
        (&[&hash[1..], stack, source], "malformed program hash or stack inputs"),
        (&[hash, b"{}", source], "malformed program hash or stack inputs"),
        (&[hash, stack, b"\xff"], "the source is not UTF-8"),
        (&[hash, stack, b"begin push.1 drop end"], "the source is another program: its hash is 0x"),
        (&[hash, stack, source, br#"{"advice_stack": ["-1"]}"#], "malformed advice, number: "),
    ];
    for (inputs, reason) in cases {
        let error = prove_with(inputs, None).unwrap_err().to_string();
        assert!(error.starts_with(reason), "{error}");
    }
}

#[test]
fn a_source_that_does_not_assemble_is_explained() {
    let refused = run_unhashed("begin push.1 ad end");
    assert!(refused.contains("invalid syntax") && refused.contains("ad"), "{refused}");
}

#[test]
fn a_program_that_fails_is_explained() {
    let source = "begin push.0 assert end";
    let error = run(source, TWENTY, None).unwrap_err().to_string();
    assert!(error.contains("assertion failed"), "{error}");
}

#[test]
fn a_program_with_precompiles_is_refused() {
    let source =
        "use miden::core::crypto::hashes::keccak256\nbegin\n    exec.keccak256::merge\n    swapdw dropw dropw\nend";
    let refused = run(source, r#"{"operand_stack": []}"#, None);
    assert_eq!(refused, Err(Error::new("the program uses precompiles, which the verifier does not check")));
}

fn run_unhashed(source: &str) -> String {
    prove_with(&[&hash(FIBONACCI), TWENTY.as_bytes(), source.as_bytes()], None).unwrap_err().to_string()
}
