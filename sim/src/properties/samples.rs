//! A small state in which every property holds, to be broken in tests.

use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};
use types::{
    AccountId, Amount, BlobId, ChainId, ChainTime, Data, End, EndReason, Height, List, Millis, ProgramId, ProverAction,
    ProverMessage, Quote, Resources, Run, SecretKey, Signed, SignedVerdict, State, Verdict, Workload, WorkloadId,
    message::SignedProverMessage,
    record::{Account, Cursor, Live, Meta, PendingDraws, Prover, Tally, Totals},
    state_key,
    verdict::{Subject, VerdictKey, VerdictSignature},
    workload::Moment,
};

pub const ID: WorkloadId = WorkloadId([7; 32]);
pub const SUPPLY: Amount = Amount(100 + 50 + 30 + 20);
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
        sender: AccountId([3; 32]),
        run,
        state: State::Queued,
        created: Moment::default(),
        since: Moment::default(),
        moves_on: Some(ChainTime(10_000)),
        fee: Quote { compute: Amount(20), verification: Amount(10) },
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
    let totals = Totals { balances: Amount(100), bonds: Amount(50), escrow: Amount(30), burned: Amount(20) };
    Meta {
        chain: CHAIN,
        height: Height(5),
        time: ChainTime(9_000),
        totals,
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
    let prover = Prover {
        account: AccountId([4; 32]),
        key: VerdictKey([0; 96]),
        bond: Amount(50),
        capacity: Resources::default(),
        in_use: Resources::default(),
        tally: Tally::default(),
    };
    Snapshot {
        accounts: BTreeMap::from([(AccountId([3; 32]), account)]),
        provers: vec![prover],
        workloads: BTreeMap::from([(ID, workload())]),
        live: vec![ID],
        entries: BTreeMap::from([(ID, Live { index: 0, draw: None })]),
        queue: vec![ID],
        due: BTreeMap::from([(state_key::due_bucket(ChainTime(10_000)), BTreeSet::from([ID]))]),
        ..Snapshot::empty(meta())
    }
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
