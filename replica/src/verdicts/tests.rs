//! The verdict pool by itself: what it keeps.

use super::*;
use crate::samples::{attempt, workload};
use types::{Amount, AttemptEnd, List, State, VerdictSecret, verdict::Member};

const CHAIN: ChainId = ChainId([7; 32]);

fn secret(number: u8) -> VerdictSecret {
    VerdictSecret::derive(&[number; 32]).expect("key")
}

fn set(numbers: &[u8]) -> VerdictSet {
    let member =
        |number: &u8| Member { account: AccountId([*number; 32]), key: secret(*number).public(), bond: Amount(5) };
    VerdictSet { members: List::truncated(numbers.iter().map(member).collect()) }
}

/// Version 1 is in force: members 1 to 4.
fn sets() -> Sets {
    let mut sets = Sets::default();
    sets.insert(1, set(&[1, 2, 3, 4]));
    sets.advance(1);
    sets
}

fn verdict(number: u8, subject: Subject, verdict: Verdict) -> SignedVerdict {
    let signature = secret(number).sign(CHAIN, &subject, verdict);
    SignedVerdict { subject, verdict, prover: AccountId([number; 32]), signature }
}

fn say(pool: &mut Verdicts, signed: SignedVerdict) -> Result<Taken, Refusal> {
    pool.insert(signed, CHAIN, &sets(), &mut Out { now: 0, actions: &mut Vec::new() })
}

fn observe(pool: &mut Verdicts, record: &Workload, sets: &Sets) -> Vec<Evidence> {
    pool.observe(record, sets, &mut Out { now: 0, actions: &mut Vec::new() })
}

fn subject(name: u8, proof: u16) -> Subject {
    let mut blob = [0; 32];
    blob[..2].copy_from_slice(&proof.to_be_bytes());
    Subject { workload: WorkloadId([name; 32]), attempt: 1, proof: BlobId(blob) }
}

/// A verdict on a workload's proof, by the member of this number. Whether the state is to be asked.
fn insert(pool: &mut Verdicts, number: u8, subject: Subject) -> bool {
    say(pool, verdict(number, subject, Verdict::Valid)).expect("a member's") == Taken::Agreed
}

fn proved(name: u8) -> Workload {
    let mut attempt = attempt(Some(0), None);
    attempt.announced.as_mut().expect("announced").proof = subject(name, 1).proof;
    workload(name, State::Proved, vec![attempt])
}

#[test]
fn nothing_is_left_of_a_verdict_that_gave_way() {
    let mut pool = Verdicts::default();
    for proof in 0..OPEN_PER_PROVER as u16 + 20 {
        insert(&mut pool, 1, subject(1, proof));
    }
    assert_eq!(pool.pools.len(), OPEN_PER_PROVER);
    assert!(pool.pools.values().all(|pool| pool.verdicts.len() == 1));
    assert_eq!(pool.open[&AccountId([1; 32])].len(), OPEN_PER_PROVER);
    assert!(!pool.pools.contains_key(&subject(1, 19)));
}

#[test]
fn what_the_chain_waits_for_does_not_give_way() {
    let mut pool = Verdicts::default();
    insert(&mut pool, 1, subject(1, 1));
    observe(&mut pool, &proved(1), &sets());
    for proof in 0..OPEN_PER_PROVER as u16 + 20 {
        insert(&mut pool, 1, subject(2, proof));
    }
    assert!(pool.pools.contains_key(&subject(1, 1)));
    assert!(!pool.pools.contains_key(&subject(2, 0)));
}

#[test]
fn nothing_is_left_of_verdicts_about_an_attempt_that_is_over() {
    let mut pool = Verdicts::default();
    for number in 1..=3 {
        insert(&mut pool, number, subject(1, 1));
        insert(&mut pool, number, subject(1, 2));
        insert(&mut pool, number, subject(2, 1));
    }
    // Another proof of the same attempt can no longer be settled once one is in a block.
    observe(&mut pool, &proved(1), &sets());
    assert_eq!(pool.pools.keys().copied().collect::<Vec<_>>(), [subject(1, 1), subject(2, 1)]);
    observe(&mut pool, &workload(1, State::Queued, vec![attempt(None, Some(AttemptEnd::Undecided))]), &sets());
    observe(&mut pool, &workload(2, State::Failed, vec![attempt(None, None)]), &sets());
    assert_eq!((pool.pools.len(), pool.open.len()), (0, 0));
}

#[test]
fn the_state_is_asked_when_two_thirds_first_agree_on_what_is_not_known_to_be_awaited() {
    let mut pool = Verdicts::default();
    let asked = [1, 2, 3, 4].map(|number| insert(&mut pool, number, subject(1, 1)));
    assert_eq!(asked, [false, false, true, false]);
    insert(&mut pool, 1, subject(2, 1));
    observe(&mut pool, &proved(2), &sets());
    assert_eq!([2, 3].map(|number| insert(&mut pool, number, subject(2, 1))), [false, false]);
}

#[test]
fn only_what_is_announced_and_not_settled_is_offered() {
    let mut pool = Verdicts::default();
    for number in 1..=4 {
        insert(&mut pool, number, subject(1, 1));
    }
    let offered = |pool: &Verdicts, announced: &[Subject], done: &[Subject]| {
        pool.peek(&sets(), 0, 100, 64, announced, done).len()
    };
    let about = [subject(1, 1)];
    assert_eq!([offered(&pool, &[], &[]), offered(&pool, &about, &[]), offered(&pool, &about, &about)], [0, 1, 0]);
    observe(&mut pool, &proved(1), &sets());
    assert_eq!([offered(&pool, &[], &[]), offered(&pool, &[], &about)], [1, 0]);
}

#[test]
fn a_second_final_verdict_convicts_whoever_signed_it() {
    let mut pool = Verdicts::default();
    let (valid, invalid) = (verdict(1, subject(1, 1), Verdict::Valid), verdict(1, subject(1, 1), Verdict::Invalid));
    assert_eq!(say(&mut pool, valid.clone()), Ok(Taken::Kept));
    let evidence = Evidence::TwoVerdicts { one: valid, other: invalid.clone() };
    assert_eq!(say(&mut pool, invalid.clone()), Ok(Taken::Contradiction(Box::new(evidence))));
    let forged = SignedVerdict { signature: verdict(2, subject(1, 1), Verdict::Invalid).signature, ..invalid };
    assert_eq!(say(&mut pool, forged), Err(Refusal::BadSignature));
    let unavailable = verdict(1, subject(1, 1), Verdict::Unavailable);
    assert_eq!(say(&mut pool, unavailable), Err(Refusal::Repeated));
}

#[test]
fn a_verdict_against_the_certificate_convicts_whoever_signed_it() {
    let mut pool = Verdicts::default();
    let invalid = verdict(4, subject(1, 1), Verdict::Invalid);
    for number in 1..=3 {
        insert(&mut pool, number, subject(1, 1));
    }
    say(&mut pool, invalid.clone()).expect("a member's");
    observe(&mut pool, &proved(1), &sets());
    let certificate = pool.peek(&sets(), 0, 0, 1, &[], &[]).remove(0).certificate;
    let mut ended = proved(1);
    ended.state = State::Verified;
    ended.attempts.last_mut().expect("one").end = Some((Default::default(), AttemptEnd::Valid(certificate)));
    assert_eq!(observe(&mut pool, &ended, &sets()), [Evidence::FalseVerdict(invalid)]);
    assert_eq!(observe(&mut pool, &ended, &sets()), []);
}

#[test]
fn a_later_set_counts_the_verdicts_of_its_own_members() {
    let mut pool = Verdicts::default();
    for number in 1..=2 {
        insert(&mut pool, number, subject(1, 1));
    }
    observe(&mut pool, &proved(1), &sets());
    assert!(pool.peek(&sets(), 0, 0, 1, &[], &[]).is_empty(), "two of four");
    let mut renewed = proved(1);
    renewed.attempts.last_mut().expect("one").announced.as_mut().expect("announced").set = 2;
    let mut later = sets();
    later.insert(2, set(&[1, 2, 5]));
    observe(&mut pool, &renewed, &later);
    let settled = pool.peek(&later, 0, 0, 1, &[], &[]);
    assert_eq!(settled.len(), 1, "two of three");
    assert_eq!(settled[0].certificate.verify(CHAIN, &subject(1, 1), &set(&[1, 2, 5]).members), Ok(()));
}

#[test]
fn verdicts_that_came_before_their_set_are_counted_when_it_is_read() {
    let mut pool = Verdicts::default();
    for number in 1..=2 {
        insert(&mut pool, number, subject(1, 1));
    }
    let mut renewed = proved(1);
    renewed.attempts.last_mut().expect("one").announced.as_mut().expect("announced").set = 2;
    observe(&mut pool, &renewed, &sets());
    let mut later = sets();
    later.insert(2, set(&[1, 2, 5]));
    assert!(pool.peek(&later, 0, 0, 1, &[], &[]).is_empty());
    pool.look_again(&later, &mut Out { now: 0, actions: &mut Vec::new() });
    assert_eq!(pool.peek(&later, 0, 0, 1, &[], &[]).len(), 1);
}
