//! A genesis with all of its keys, a program and a run.

use types::{
    AccountId, Amount, Artifact, BlobId, ChainTime, Data, Genesis, Input, InputRole, InputSource, List, Millis, Params,
    Program, ProgramId, Resources, Run, SecretKey, Text, VerdictSecret,
    beacon::testing::GroupSecret,
    genesis::{CapacityTest, Ceremony, GenesisAccount, GenesisProver, GenesisValidator, PeerId},
    program::Runtime,
    verdict::VerdictSignature,
};

/// What each user has at genesis.
pub(super) const FUNDS: Amount = Amount(1_000_000_000_000);
/// What the bank has at genesis, from which tests fund whom they need.
pub(super) const BANK: Amount = Amount(1_000_000_000_000_000);
/// What each validator has bonded at genesis: the least that gives a seat.
pub(super) const SEAT: Amount = Amount(1_000_000_000_000);
/// The bond behind one core.
pub(super) const UNIT: Amount = Amount(100_000_000_000);
/// The bytes that tests take for a proof with its public values.
pub(super) const BUNDLE: &[u8] = b"a proof";

pub(super) fn secret(family: u8, index: u8) -> SecretKey {
    SecretKey::from_bytes(&[family, index].repeat(16).try_into().expect("32 bytes")).expect("a key")
}

pub(super) fn cores(cpus: u32) -> Resources {
    Resources { cpus, memory_mib: 1024 * cpus, disk_mib: 512 * cpus, gpus: 0, gpu_class: 0, ..Resources::default() }
}

/// The account of the validator with this peer, counted from 1.
pub(super) fn validator(index: u8) -> AccountId {
    secret(3, index).account()
}

/// The account from which tests fund whom they need.
pub(super) fn bank() -> SecretKey {
    secret(4, 0)
}

/// A genesis of so many provers with four cores each, three users, a bank and four validators.
pub(super) fn genesis(provers: u8, params: Params) -> (Genesis, GroupSecret) {
    seated(4, provers, params)
}

/// A genesis of so many validators and provers.
pub(super) fn seated(validators: u8, provers: u8, params: Params) -> (Genesis, GroupSecret) {
    let group = GroupSecret::derive(1).expect("a group");
    let seat = |index: u8| GenesisValidator {
        peer: PeerId([index; 32]),
        account: validator(index),
        address: Text::default(),
        bond: SEAT,
    };
    let mut all: Vec<GenesisProver> = (0..provers).map(genesis_prover).collect();
    all.sort_by_key(|prover| prover.account);
    let mut accounts: Vec<GenesisAccount> =
        (0..3).map(|index| GenesisAccount { account: secret(1, index).account(), balance: FUNDS }).collect();
    accounts.push(GenesisAccount { account: bank().account(), balance: BANK });
    accounts.sort_by_key(|entry| entry.account);
    let mut genesis = Genesis {
        name: Text::truncated("test"),
        time: ChainTime(1_700_000_000_000),
        params,
        capacity_test: CapacityTest { program: capacity_program(), compute_max: Millis(5_000) },
        validators: List::truncated((1..=validators).map(seat).collect()),
        provers: List::truncated(all),
        accounts: List::truncated(accounts),
        ceremony: Ceremony::Dealt,
        group_key: group.public(),
        output: Data::default(),
        verifier: Text::truncated("test"),
    };
    prove_possession(&mut genesis);
    (genesis, group)
}

/// Gives each prover of a genesis its proof of possession, which is bound to all the rest.
pub(super) fn prove_possession(genesis: &mut Genesis) {
    let chain = genesis.chain();
    for prover in genesis.provers.iter_mut() {
        let index = (0..u8::MAX).find(|index| secret(2, *index).account() == prover.account).expect("own");
        prover.possession = verdict_secret(index).prove_possession(chain, prover.account);
    }
}

/// Parameters under which everything takes seconds: epochs of 16 blocks, bonds locked for 90 s, evidence for 30 s.
pub(super) fn brief() -> Params {
    Params {
        epoch_blocks: 16,
        compute_max: Millis(20_000),
        blob_bytes_max: 1_000_000,
        verdict_window: Millis(10_000),
        evidence_window: Millis(30_000),
        unbond_delay: Millis(90_000),
        ..Params::default()
    }
}

pub(super) fn verdict_secret(index: u8) -> VerdictSecret {
    VerdictSecret::derive(&[index; 32]).expect("a key")
}

fn genesis_prover(index: u8) -> GenesisProver {
    let (key, possession) = (verdict_secret(index).public(), VerdictSignature([0; 48]));
    GenesisProver { account: secret(2, index).account(), key, possession, capacity: cores(4), address: Text::default() }
}

/// What new capacity is tested with.
pub(super) fn capacity_program() -> Program {
    Program { name: Text::truncated("capacity"), fuel_limit: 2_000_000, ..program() }
}

pub(super) fn program() -> Program {
    let artifact = |name: &[u8]| Artifact { blob: BlobId::of(name), size: 1000 };
    Program {
        name: Text::truncated("square"),
        proof_system: Text::truncated("none/0"),
        runtime: Runtime::Wasm,
        prover: artifact(b"prover"),
        verifier: artifact(b"verifier"),
        fuel_limit: 5_000_000,
    }
}

pub(super) fn run_of(program: ProgramId) -> Run {
    let statement = InputSource::Inline(Data::new(vec![1, 2, 3]).expect("short"));
    Run {
        program,
        arguments: Data::default(),
        inputs: List::truncated(vec![Input { role: InputRole::Statement, source: statement }]),
        resources: cores(1),
        compute_max: Millis(10_000),
        fee_max: FUNDS,
    }
}
