//! The draw is fair (rule 6): over a hundred thousand beacons each prover wins as often as its share of the tickets says, by a
//! chi-square test that a biased draw fails.
//!
//! Seeds are fixed, so a test that passes passes always. Tickets are few where provers are many, for the sake of time: what is
//! tested is that each ticket is as good as any other.

use std::collections::BTreeMap;
use types::{
    AccountId, Beacon, Height, List, WorkloadId,
    draw::{Candidate, Draw},
};

const DRAWS: u64 = 100_000;

/// How far the counts are from what is expected, and what fair draws exceed once in a thousand times.
struct Fit {
    distance: f64,
    limit: f64,
}

impl Fit {
    fn is_fair(&self) -> bool {
        self.distance < self.limit
    }
}

fn stream(seed: u64, number: u64) -> blake3::OutputReader {
    let mut hasher = blake3::Hasher::new_derive_key("lemma 1 test of fairness");
    hasher.update(&seed.to_le_bytes()).update(&number.to_le_bytes());
    hasher.finalize_xof()
}

fn candidate((index, tickets): (usize, &u32)) -> Candidate {
    Candidate { prover: AccountId(*blake3::hash(&index.to_le_bytes()).as_bytes()), tickets: *tickets }
}

/// The draw of a number: its own beacon and workload.
fn draw(seed: u64, number: u64, candidates: &[Candidate]) -> Draw {
    let (mut beacon, mut workload) = ([0; 48], [0; 32]);
    let mut random = stream(seed, number);
    random.fill(&mut beacon);
    random.fill(&mut workload);
    Draw {
        workload: WorkloadId(workload),
        attempt: 1,
        height: Height(number),
        beacon: Beacon(beacon),
        candidates: List::new(candidates.to_vec()).expect("few"),
    }
}

/// Pearson's chi-square of the winners against shares of the tickets.
fn fit(tickets: &[u32], draws: u64, winner: impl Fn(u64, &[Candidate]) -> Option<AccountId>) -> Fit {
    let candidates: Vec<Candidate> = tickets.iter().enumerate().map(candidate).collect();
    let mut wins: BTreeMap<AccountId, u64> = BTreeMap::new();
    for number in 0..draws {
        *wins.entry(winner(number, &candidates).expect("somebody")).or_default() += 1;
    }
    let all: u32 = tickets.iter().sum();
    let distance = |candidate: &Candidate| {
        let expected = draws as f64 * f64::from(candidate.tickets) / f64::from(all);
        let got = wins.get(&candidate.prover).copied().unwrap_or(0) as f64;
        (got - expected).powi(2) / expected
    };
    Fit { distance: candidates.iter().map(distance).sum(), limit: quantile(tickets.len() - 1) }
}

/// The value that chi-square with so many degrees of freedom exceeds with a probability of one in a thousand (Wilson and
/// Hilferty).
fn quantile(freedom: usize) -> f64 {
    let spread = 2.0 / (9.0 * freedom as f64);
    freedom as f64 * (1.0 - spread + 3.0902 * spread.sqrt()).powi(3)
}

fn fair(seed: u64, tickets: &[u32]) {
    let fit = fit(tickets, DRAWS, |number, candidates| draw(seed, number, candidates).winner());
    assert!(fit.is_fair(), "{} provers: {} is not below {}", tickets.len(), fit.distance, fit.limit);
}

#[test]
fn three_provers_win_as_their_tickets_say() {
    fair(3, &[4, 8, 1]);
    fair(33, &[1, 64, 16]);
}

#[test]
fn seven_provers_win_as_their_tickets_say() {
    fair(7, &[4, 8, 8, 16, 1, 2, 4]);
}

#[test]
fn sixty_four_provers_win_as_their_tickets_say() {
    let tickets: Vec<u32> = (0..64).map(|index| 1 + index % 3).collect();
    fair(64, &tickets);
}

#[test]
fn a_hundred_and_twenty_eight_provers_win_as_their_tickets_say() {
    let tickets: Vec<u32> = (0..128).map(|index| 1 + u32::from(index % 4 == 0)).collect();
    fair(128, &tickets);
}

#[test]
fn a_prover_that_splits_into_many_wins_no_more_often() {
    let whole = fit(&[32, 32, 32], DRAWS / 10, |number, candidates| draw(5, number, candidates).winner());
    assert!(whole.is_fair());
    // The first prover is now 32 with one ticket each: together they hold what it held, and win what it won.
    let tickets: Vec<u32> = [vec![1; 32], vec![32, 32]].concat();
    let split = fit(&tickets, DRAWS / 10, |number, candidates| draw(6, number, candidates).winner());
    assert!(split.is_fair(), "{} is not below {}", split.distance, split.limit);
}

/// A draw in which the first candidate has one ticket more than it should.
fn one_ticket_more(seed: u64, number: u64, candidates: &[Candidate]) -> Option<AccountId> {
    let mut more = candidates.to_vec();
    more[0].tickets += 1;
    draw(seed, number, &more).winner()
}

/// A draw that is made again where the first candidate does not win it, by a leader that could choose among two beacons.
fn second_chance(seed: u64, number: u64, candidates: &[Candidate]) -> Option<AccountId> {
    let first = draw(seed, number, candidates).winner();
    if first == Some(candidates[0].prover) { first } else { draw(seed + 1, number, candidates).winner() }
}

/// A draw by provers, not by tickets.
fn tickets_ignored(seed: u64, number: u64, candidates: &[Candidate]) -> Option<AccountId> {
    let one = |candidate: &Candidate| Candidate { tickets: 1, ..*candidate };
    draw(seed, number, &candidates.iter().map(one).collect::<Vec<_>>()).winner()
}

/// A draw that one time in a hundred goes to the first candidate.
fn one_in_a_hundred_given(seed: u64, number: u64, candidates: &[Candidate]) -> Option<AccountId> {
    let fair = draw(seed, number, candidates).winner();
    if number.is_multiple_of(100) { Some(candidates[0].prover) } else { fair }
}

#[test]
fn a_biased_draw_fails_the_same_test() {
    type Biased = fn(u64, u64, &[Candidate]) -> Option<AccountId>;
    let biased: [(&str, Biased); 4] = [
        ("one ticket more", one_ticket_more),
        ("a second chance", second_chance),
        ("tickets ignored", tickets_ignored),
        ("one in a hundred given", one_in_a_hundred_given),
    ];
    for (name, winner) in biased {
        let fit = fit(&[4, 8, 8, 16, 1, 2, 4], DRAWS / 2, |number, candidates| winner(9, number, candidates));
        assert!(!fit.is_fair(), "{name}: {} is below {}", fit.distance, fit.limit);
    }
    let many: Vec<u32> = (0..128).map(|index| 1 + u32::from(index % 4 == 0)).collect();
    let fit = fit(&many, DRAWS, |number, candidates| one_ticket_more(9, number, candidates));
    assert!(!fit.is_fair(), "{} is below {}", fit.distance, fit.limit);
}

#[test]
fn the_limit_is_that_of_the_tables() {
    // Values of chi-square at 0.999 from printed tables; the formula is a little above them where there are few degrees.
    for (freedom, value) in [(2, 13.816), (6, 22.458), (63, 103.442), (127, 181.993)] {
        let off = (quantile(freedom) - value).abs() / value;
        assert!(off < 0.03, "{freedom}: {} is not {value}", quantile(freedom));
    }
}
