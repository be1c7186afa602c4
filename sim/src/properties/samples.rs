//! A small state in which every property holds, to be broken in tests.

use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use types::{
    AccountId, Amount, BlobId, ChainId, ChainTime, Data, End, EndReason, Height, List, Millis, Params, ProgramId,
    ProverAction, ProverMessage, Quote, Resources, Run, SecretKey, Signed, SignedVerdict, State, Verdict, Workload,
    WorkloadId,
    genesis::PeerId,
    message::SignedProverMessage,
    record::{
        Account, Cursor, Due, Live, Meta, PendingDraws, Prover, Registry, Totals, Unbonding, Validator, Validators,
        VerdictSet,
    },
    registry::Role,
    state_key,
    verdict::{Member, Subject, VerdictKey, VerdictSignature},
    workload::{Kind, Moment},
};

pub const ID: WorkloadId = WorkloadId([7; 32]);
/// What the prover stands to lose: three cores' worth, and what it took back.
const BONDS: Amount = Amount(300_000_000_000 + 7 + 4 + 9);
pub const SUPPLY: Amount = Amount(100 + BONDS.0 + 30 + 20);
const LATER: ChainTime = ChainTime(20_000);
const CHAIN: ChainId = ChainId([1; 32]);

fn workload() -> Workload {
    let run = Run {
        program: ProgramId([2; 32]),
        arguments: Data::default(),
        inputs: List::default(),
        resources: Resources::default(),
        compute_max: Millis(1),
        fee_max: Amount(30),
    };
    Workload {
        id: ID,
        kind: Kind::Run,
        sender: AccountId([3; 32]),
        run,
        state: State::Queued,
        created: Moment::default(),
        since: Moment::default(),
        moves_on: Some(ChainTime(10_000)),
        overtime: None,
        renewals: 0,
        fee: Quote { compute: Amount(20), verification: Amount(10) },
        runtime: types::Runtime::Wasm,
        billed: Millis(1),
        attempts: List::default(),
        end: None,
    }
}

/// A workload that was taken back.
pub fn ended() -> Workload {
    let (to_prover, to_verdicts, burned) = (Amount::ZERO, Amount::ZERO, Amount::ZERO);
    let (reason, at, refunded) = (EndReason::Cancelled, Moment::default(), Amount(30));
    let end = End { reason, at, to_prover, to_verdicts, refunded, burned };
    Workload { id: WorkloadId([8; 32]), state: State::Cancelled, moves_on: None, end: Some(end), ..workload() }
}

fn meta() -> Meta {
    let totals = Totals { balances: Amount(100), bonds: BONDS, escrow: Amount(30), burned: Amount(20) };
    Meta {
        chain: CHAIN,
        height: Height(5),
        time: ChainTime(9_000),
        totals,
        epoch: 0,
        params: Params::default(),
        compute_price: Params::default().compute_price,
        used: 0,
        offered: 0,
        units_used: 0,
        units_offered: 3,
        settled: 0,
        seats: 1,
        led: List::default(),
        set: 1,
        set_size: 1,
        queue: Cursor { head: 0, tail: 1 },
        live: 1,
        wanted: Cursor::default(),
        due_bucket: 0,
        due_page: 0,
        workloads: 2,
        verified: 0,
        programs: 1,
    }
}

/// One queued workload.
pub fn queued() -> Snapshot {
    let account = Account { balance: Amount(100), nonce: 1 };
    let provers = vec![prover()];
    let (one, two) = (provers[0].account, AccountId([6; 32]));
    let part = Unbonding { amount: Amount(9), release: ChainTime(10_000), epoch: 1 };
    let validator = Validator { peer: PeerId([5; 32]), account: two, bond: Amount(4), unbonding: List::default() };
    let of_prover = BTreeSet::from([Due::Unbonding(Role::Prover, one)]);
    let due = BTreeSet::from([Due::Workload(ID), Due::Unbonding(Role::Validator, two)]);
    Snapshot {
        accounts: BTreeMap::from([(AccountId([3; 32]), account)]),
        validators: Validators {
            validators: List::truncated(vec![Validator { unbonding: List::truncated(vec![part]), ..validator }]),
        },
        registry: Registry { provers: List::truncated(vec![one]) },
        set: VerdictSet {
            members: List::truncated(vec![Member { account: one, key: provers[0].key, bond: provers[0].bond }]),
        },
        provers,
        workloads: BTreeMap::from([(ID, workload())]),
        live: vec![ID],
        entries: BTreeMap::from([(ID, Live { index: 0, draw: None })]),
        queue: vec![ID],
        due: BTreeMap::from([
            (state_key::due_bucket(ChainTime(10_000)), due),
            (state_key::due_bucket(LATER), of_prover),
        ]),
        ..Snapshot::empty(meta())
    }
}

/// A member of the verdict set, with three cores behind which there is a bond.
fn prover() -> Prover {
    let bond = Params::default().bond_per_unit.times(3).expect("a small bond");
    let mut prover = Prover::new(AccountId([4; 32]), VerdictKey([0; 96]), bond, 0);
    prover.capacity.cpus = 4;
    prover.member = true;
    let part = Unbonding { amount: Amount(7), release: LATER, epoch: 1 };
    prover.unbonding = List::truncated(vec![part]);
    prover
}

/// The workload waits for the beacon of a height instead.
pub fn fix_draw(state: &mut Snapshot, height: Height) {
    state.queue.clear();
    state.entries.insert(ID, Live { index: 0, draw: Some(height) });
    let draws = PendingDraws { workloads: List::truncated(vec![ID]), provers: List::default() };
    state.draws.insert(height, draws);
    state.wanted.push(height);
}

/// A verdict that nobody checks.
pub fn verdict(verdict: Verdict) -> SignedVerdict {
    let subject = Subject { workload: ID, attempt: 1, proof: BlobId([5; 32]) };
    SignedVerdict { subject, verdict, prover: AccountId([4; 32]), signature: VerdictSignature([0; 48]) }
}

/// A prover's message.
pub fn message(attempt: u16, action: ProverAction) -> SignedProverMessage {
    let secret = SecretKey::from_bytes(&[4; 32]).expect("a key");
    let value = ProverMessage { chain: CHAIN, prover: secret.account(), workload: ID, attempt, action };
    Signed::new(value, &secret)
}
