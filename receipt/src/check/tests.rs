use super::*;
use ports::Header;
use types::{
    AccountId, Amount, AttemptEnd, Certificate, Data, EndReason, Input, InputRole, InputSource, List, Millis,
    ProgramId, Quote, Resources, Run, VerdictSecret, WorkloadId,
    beacon::testing::GroupSecret,
    draw::Candidate,
    verdict::Member,
    workload::{Announced, Moment},
};

const CHAIN: ChainId = ChainId([9; 32]);
const ID: WorkloadId = WorkloadId([1; 32]);

fn group() -> GroupSecret {
    GroupSecret::derive(7).expect("scalar")
}

fn moment(height: u64) -> Moment {
    Moment { height: Height(height), time: ChainTime(height * 500) }
}

fn bundle() -> Vec<u8> {
    codec::encode(&Bundle { proof: vec![1, 2, 3], public: vec![4] })
}

fn account(i: u8) -> AccountId {
    AccountId([i; 32])
}

fn secrets() -> Vec<VerdictSecret> {
    (0..4).map(|i| VerdictSecret::derive(&[i; 32]).expect("key")).collect()
}

fn set() -> VerdictSet {
    let member = |(i, secret): (usize, &VerdictSecret)| Member {
        account: account(i as u8),
        key: secret.public(),
        bond: Amount(5),
    };
    VerdictSet { members: List::truncated(secrets().iter().enumerate().map(member).collect()) }
}

fn draw() -> Draw {
    let candidates = (0..4).map(|i| Candidate { prover: account(i), tickets: 4 }).collect();
    let beacon = group().sign(CHAIN, Height(5));
    Draw { workload: ID, attempt: 1, height: Height(5), beacon, candidates: List::truncated(candidates) }
}

fn certificate(verdict: Verdict) -> Certificate {
    let subject = Subject { workload: ID, attempt: 1, proof: BlobId::of(&bundle()) };
    let verdicts: Vec<_> =
        secrets().iter().enumerate().skip(1).map(|(i, s)| (i, s.sign(CHAIN, &subject, verdict))).collect();
    Certificate::aggregate(verdict, 4, &verdicts).expect("certificate")
}

fn attempt() -> Attempt {
    let proof = BlobId::of(&bundle());
    Attempt {
        prover: draw().winner().expect("winner"),
        drawn_by: Height(5),
        drawn: moment(7),
        accepted: Some(moment(8)),
        announced: Some(Announced { proof, size: bundle().len() as u64, at: moment(10), set: 3 }),
        end: Some((moment(11), AttemptEnd::Valid(certificate(Verdict::Valid)))),
    }
}

fn workload() -> Workload {
    let input = |role, byte| Input { role, source: InputSource::Inline(Data::new(vec![byte]).expect("short")) };
    let run = Run {
        program: ProgramId([2; 32]),
        arguments: Data::default(),
        inputs: List::truncated(vec![input(InputRole::Statement, 0xab), input(InputRole::Witness, 0xcd)]),
        resources: Resources { cpus: 1, ..Resources::default() },
        compute_max: Millis(1000),
        fee_max: Amount(100),
    };
    let end = End {
        reason: EndReason::Proved,
        at: moment(11),
        to_prover: Amount(60),
        to_verdicts: Amount(30),
        refunded: Amount(0),
        burned: Amount(10),
    };
    Workload {
        id: ID,
        kind: Kind::Run,
        sender: account(77),
        run,
        state: State::Verified,
        created: moment(5),
        since: moment(11),
        moves_on: None,
        overtime: None,
        renewals: 0,
        fee: Quote { compute: Amount(60), verification: Amount(40) },
        runtime: types::Runtime::Wasm,
        billed: Millis(6000),
        attempts: List::truncated(vec![attempt()]),
        end: Some(end),
    }
}

fn anchored() -> Anchored {
    let header = Header {
        epoch: 0,
        view: 20,
        leader: [3; 32],
        parent_view: 19,
        parent: [4; 32],
        height: 20,
        time_ms: 10_000,
        state_root: [5; 32],
        operations_root: [6; 32],
        operations_start: 0,
        operations_end: 1,
        body_hash: [7; 32],
        reshare_hash: [0; 32],
    };
    Anchored { header, workload: workload(), draw: Some(draw()), set: Some(set()) }
}

fn judged(anchored: &Anchored, bundle: Option<&[u8]>) -> Result<Checked, ReceiptError> {
    judge(CHAIN, anchored, bundle, &group().public())
}

/// The workload as it would have ended had its only attempt been silent.
fn expired() -> Anchored {
    let mut anchored = Anchored { set: None, ..anchored() };
    anchored.workload.state = State::Expired;
    let attempt = anchored.workload.attempts.last_mut().expect("attempt");
    (attempt.accepted, attempt.announced) = (None, None);
    attempt.end = Some((moment(11), AttemptEnd::Silent));
    anchored
}

#[test]
fn a_verified_workload_is_told_in_full() {
    let checked = judged(&anchored(), Some(&bundle())).expect("holds");
    assert_eq!(checked.state, State::Verified);
    assert_eq!(checked.prover(), draw().winner());
    assert_eq!(checked.statement, [StatementInput::Inline("ab".to_owned())]);
    let proof = checked.proof.expect("proof");
    assert_eq!((proof.verdicts, proof.set), (3, 4));
    assert_eq!(proof.public_values.as_deref(), Some("04"));
    assert_eq!(checked.fees.locked, Amount(100));
    assert_eq!(checked.draw.expect("draw").tickets, 16);
}

#[test]
fn the_proof_itself_may_be_missing_but_not_another() {
    let proof = judged(&anchored(), None).expect("holds").proof.expect("proof");
    assert_eq!((proof.bytes, proof.public_values), (None, None));
    assert_eq!(judged(&anchored(), Some(b"another")), Err(ReceiptError::Proof));
}

#[test]
fn a_workload_that_goes_on_has_no_receipt() {
    for state in [State::Queued, State::Allocated, State::Proving, State::Proved] {
        let mut going = anchored();
        going.workload.state = state;
        assert_eq!(judged(&going, None), Err(ReceiptError::NotEnded(state)));
    }
    let mut endless = anchored();
    endless.workload.end = None;
    assert!(judged(&endless, None).is_err());
}

#[test]
fn the_draw_must_be_that_of_the_last_attempt() {
    let with = |change: fn(&mut Draw)| {
        let mut other = anchored();
        change(other.draw.as_mut().expect("draw"));
        judged(&other, None)
    };
    assert_eq!(with(|draw| draw.workload = WorkloadId([2; 32])), Err(ReceiptError::OtherDraw));
    assert_eq!(with(|draw| draw.attempt = 2), Err(ReceiptError::OtherDraw));
    assert_eq!(with(|draw| draw.height = Height(6)), Err(ReceiptError::OtherDraw));
    assert_eq!(judged(&Anchored { draw: None, ..anchored() }, None), Err(ReceiptError::Missing("the draw")));
}

#[test]
fn the_beacon_must_be_the_groups_and_name_this_prover() {
    let mut other = anchored();
    other.draw.as_mut().expect("draw").beacon = GroupSecret::derive(8).expect("scalar").sign(CHAIN, Height(5));
    assert_eq!(judged(&other, None), Err(ReceiptError::Beacon(Height(5))));
    let mut other = anchored();
    let winner = draw().winner().expect("winner");
    other.workload.attempts.last_mut().expect("attempt").prover =
        (0..4).map(account).find(|prover| *prover != winner).expect("loser");
    assert_eq!(judged(&other, None), Err(ReceiptError::Prover));
}

#[test]
fn the_certificate_must_hold_for_the_set_of_the_state() {
    assert_eq!(judged(&Anchored { set: None, ..anchored() }, None), Err(ReceiptError::Missing("the verdict set")));
    let mut smaller = anchored();
    smaller.set = Some(VerdictSet { members: List::truncated(set().members[..3].to_vec()) });
    assert!(matches!(judged(&smaller, None), Err(ReceiptError::Certificate(_))));
    let mut turned = anchored();
    turned.workload.attempts.last_mut().expect("attempt").end =
        Some((moment(11), AttemptEnd::Valid(certificate(Verdict::Invalid))));
    assert_eq!(judged(&turned, None), Err(ReceiptError::NotValid(Verdict::Invalid)));
}

#[test]
fn ends_without_a_proof_have_receipts_without_one() {
    let checked = judged(&expired(), None).expect("holds");
    assert_eq!((checked.state, checked.proof), (State::Expired, None));
    let with_set = Anchored { set: Some(set()), ..expired() };
    assert_eq!(judged(&with_set, None), Err(ReceiptError::Superfluous("a verdict set")));
    assert_eq!(judged(&expired(), Some(&bundle())), Err(ReceiptError::Superfluous("a proof")));
}

#[test]
fn without_attempts_there_is_no_draw() {
    let mut cancelled = expired();
    cancelled.workload.state = State::Cancelled;
    cancelled.workload.attempts = List::default();
    assert_eq!(judged(&cancelled, None), Err(ReceiptError::Superfluous("a draw")));
    cancelled.draw = None;
    assert_eq!(judged(&cancelled, None).expect("holds").state, State::Cancelled);
}

/// A test of a prover's capacity that was passed.
fn test() -> Anchored {
    let mut anchored = Anchored { draw: None, ..anchored() };
    anchored.workload.kind = Kind::Test;
    anchored.workload.sender = anchored.workload.attempts[0].prover;
    anchored
}

#[test]
fn a_test_is_one_attempt_of_the_prover_itself_without_a_draw() {
    let checked = judged(&test(), Some(&bundle())).expect("holds");
    assert_eq!((checked.kind, checked.state, checked.draw.is_none()), (Kind::Test, State::Verified, true));
    assert_eq!(checked.prover(), Some(checked.sender));
    assert_eq!(judged(&anchored(), None).expect("holds").kind, Kind::Run);

    let drawn = Anchored { draw: Some(draw()), ..test() };
    assert_eq!(judged(&drawn, None), Err(ReceiptError::Superfluous("a draw")));
    let mut other = test();
    other.workload.sender = account(77);
    assert_eq!(judged(&other, None), Err(ReceiptError::Test));
    let mut twice = test();
    twice.workload.attempts = List::truncated(vec![attempt(), attempt()]);
    assert_eq!(judged(&twice, None), Err(ReceiptError::Test));
    let mut never = test();
    (never.set, never.workload.state, never.workload.attempts) = (None, State::Expired, List::default());
    assert_eq!(judged(&never, None), Err(ReceiptError::Test));
}

#[test]
fn a_run_without_its_draw_is_not_taken_for_a_test() {
    let mut run = test();
    run.workload.kind = Kind::Run;
    assert_eq!(judged(&run, None), Err(ReceiptError::Missing("the draw")));
}
