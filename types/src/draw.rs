//! The draw: which prover a beacon names (rule 6). A pure function, so that anyone can repeat it from a receipt.

use crate::{
    AccountId, Beacon, Height, List, WorkloadId,
    limits::{PROVERS_MAX, UNITS_MAX},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// A prover that takes part in a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Candidate {
    /// The prover.
    pub prover: AccountId,
    /// Its tickets: bonded units of free capacity.
    pub tickets: u32,
}

/// Everything that decided a draw.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Draw {
    /// The workload.
    pub workload: WorkloadId,
    /// The attempt it was for, counted from 1.
    pub attempt: u16,
    /// The height whose beacon decided.
    pub height: Height,
    /// That beacon.
    pub beacon: Beacon,
    /// Who took part.
    pub candidates: List<Candidate, PROVERS_MAX>,
}

impl Draw {
    /// The prover that holds the ticket with the lowest hash. None only where nobody holds a ticket.
    #[must_use]
    pub fn winner(&self) -> Option<AccountId> {
        let base = self.base();
        let lowest = |candidate: &Candidate| {
            let tickets = 0..candidate.tickets.min(UNITS_MAX);
            tickets.map(|ticket| (hash(&base, candidate.prover, ticket), candidate.prover)).min()
        };
        self.candidates.iter().filter_map(lowest).min().map(|(_, prover)| prover)
    }

    /// What all tickets of this draw have in common.
    fn base(&self) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new_derive_key("lemma 1 ticket");
        hasher.update(&self.beacon.0).update(&self.workload.0).update(&self.attempt.to_le_bytes());
        hasher
    }
}

fn hash(base: &blake3::Hasher, prover: AccountId, ticket: u32) -> [u8; 32] {
    *base.clone().update(&prover.0).update(&ticket.to_le_bytes()).finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(beacon: u8, tickets: &[u32]) -> Draw {
        let candidate = |(i, tickets): (usize, &u32)| Candidate { prover: AccountId([i as u8; 32]), tickets: *tickets };
        Draw {
            workload: WorkloadId([1; 32]),
            attempt: 1,
            height: Height(3),
            beacon: Beacon([beacon; 48]),
            candidates: List::new(tickets.iter().enumerate().map(candidate).collect()).expect("few"),
        }
    }

    #[test]
    fn nobody_without_a_ticket_wins() {
        assert_eq!(draw(1, &[]).winner(), None);
        assert_eq!(draw(1, &[0, 0]).winner(), None);
        for beacon in 0..64 {
            assert_eq!(draw(beacon, &[0, 1, 0]).winner(), Some(AccountId([1; 32])));
        }
    }

    #[test]
    fn the_order_of_candidates_does_not_matter_and_the_beacon_does() {
        let forth = draw(9, &[3, 1, 2]);
        let mut turned = forth.candidates.clone().into_vec();
        turned.reverse();
        let back = Draw { candidates: List::new(turned).expect("few"), ..forth.clone() };
        assert_eq!(forth.winner(), back.winner());
        let winners: std::collections::BTreeSet<_> = (0..32).map(|beacon| draw(beacon, &[1, 1, 1]).winner()).collect();
        assert_eq!(winners.len(), 3);
    }
}
