//! The call that `lemma proof export --evm` makes, on an Ethereum machine.

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::CurveGroup;
use ark_ff::{BigInteger, PrimeField};
use circom::snarkjs::KeyText;
use revm::{
    Context, ExecuteCommitEvm, MainBuilder, MainContext,
    context::{TxEnv, result::ExecutionResult},
    database::{CacheDB, EmptyDB},
    primitives::{Address, Bytes, TxKind, address},
};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

const KEY: &[u8] = include_bytes!("../../fixtures/product/verification_key.json");
const CALL: &str = include_str!("../../fixtures/product/calldata.hex");
const PAIRING: Address = address!("0000000000000000000000000000000000000008");

/// The bytes of the call: a selector, then words.
fn call() -> Vec<u8> {
    bytes(CALL.trim().trim_start_matches("0x"))
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// What a machine answers to each of these in turn: the address of a contract that was made, or what it returned.
fn run(transactions: impl IntoIterator<Item = (TxKind, Vec<u8>)>) -> Vec<ExecutionResult> {
    let mut machine = Context::mainnet().with_db(CacheDB::<EmptyDB>::default()).build_mainnet();
    let mut nonce = 0..;
    let mut transact = |(kind, data)| {
        let transaction = TxEnv::builder().kind(kind).data(Bytes::from(data)).gas_limit(5_000_000).nonce(nonce.next()?);
        machine.transact_commit(transaction.build().ok()?).ok()
    };
    transactions.into_iter().map(|transaction| transact(transaction).expect("a transaction is run")).collect()
}

fn word(number: Fq) -> Vec<u8> {
    number.into_bigint().to_bytes_be()
}

fn g1(point: G1Affine) -> Vec<u8> {
    [word(point.x), word(point.y)].concat()
}

/// EIP-197: the imaginary part first.
fn g2(point: G2Affine) -> Vec<u8> {
    let parts = |Fq2 { c0, c1, .. }| [word(c1), word(c0)].concat();
    [parts(point.x), parts(point.y)].concat()
}

fn negated(point: &[u8]) -> Vec<u8> {
    let (x, y) = point.split_at(32);
    [x.to_vec(), word(-Fq::from_be_bytes_mod_order(y))].concat()
}

/// The verifier's equation as EIP-197 takes it, with the proof's points as they stand in the call.
fn equation(call: &[u8]) -> Vec<u8> {
    let key = KeyText::read(KEY).unwrap().check::<Bn254>().unwrap();
    let (a, rest) = call[4..].split_at(64);
    let (b, rest) = rest.split_at(128);
    let (c, signals) = rest.split_at(64);
    let signals = signals.chunks(32).map(Fr::from_be_bytes_mod_order);
    let public =
        key.ic[1..].iter().zip(signals).map(|(point, signal)| *point * signal).sum::<ark_bn254::G1Projective>();
    let public = g1((public + key.ic[0]).into_affine());
    [
        a.to_vec(),
        b.to_vec(),
        negated(&g1(key.alpha)),
        g2(key.beta),
        negated(&public),
        g2(key.gamma),
        negated(c),
        g2(key.delta),
    ]
    .concat()
}

fn holds(input: Vec<u8>) -> bool {
    let answers = run([(TxKind::Call(PAIRING), input)]);
    answers[0].output().is_some_and(|output| output.len() == 32 && output[31] == 1)
}

#[test]
fn the_pairing_of_ethereum_accepts_the_points_of_the_call() {
    assert!(holds(equation(&call())));
}

#[test]
fn the_pairing_of_ethereum_refuses_other_signals_and_the_order_of_snarkjs() {
    let mut other = call();
    *other.last_mut().unwrap() ^= 1;
    assert!(!holds(equation(&other)));
    let mut swapped = call();
    // The two halves of B's x.
    swapped[4 + 64..4 + 128].rotate_left(32);
    assert!(!holds(equation(&swapped)));
}

/// The call in `FOLDER/call.hex`, that a network's proof gave; without it that of the fixture.
fn exported(folder: &Path) -> Vec<u8> {
    let path = folder.join("call.hex");
    if !path.exists() {
        return call();
    }
    bytes(fs::read_to_string(path).unwrap().trim().trim_start_matches("0x"))
}

/// `CIRCOM_EVM` is the folder that `node evm.mjs FOLDER` wrote.
#[test]
#[ignore = "needs the contract of snarkjs, which is not in this repository: node evm.mjs FOLDER, CIRCOM_EVM=FOLDER"]
fn the_contract_of_snarkjs_accepts_the_call_and_nothing_else() {
    let folder = PathBuf::from(env::var_os("CIRCOM_EVM").expect("CIRCOM_EVM names the folder of node evm.mjs"));
    let code = bytes(fs::read_to_string(folder.join("verifier.bin")).unwrap().trim());
    let contract = run([(TxKind::Create, code.clone())])[0].created_address().expect("the contract is made");
    let call = exported(&folder);
    let words = 4..call.len();
    let calls = std::iter::once(call.clone()).chain(words.step_by(32).map(|at| {
        let mut wrong = call.clone();
        wrong[at + 31] ^= 1;
        wrong
    }));
    let calls = calls.map(|call| (TxKind::Call(contract), call));
    let answers = run(std::iter::once((TxKind::Create, code)).chain(calls));
    let accepted: Vec<bool> = answers[1..].iter().map(|answer| answer.output().is_some_and(|it| it[31] == 1)).collect();
    assert_eq!(accepted.len(), 1 + 10);
    assert!(accepted[0]);
    assert!(!accepted[1..].contains(&true));
}
