use super::{Held, hold};
use crate::snapshot::Snapshot;
use ports::Peer;
use std::collections::BTreeMap;
use types::Genesis;

/// Who signs is who the ledger says: the committee that the engine seats in an epoch is the one that was named for it, or, where
/// shares could not be handed on, the one before (rule 4).
pub struct Seats<'a> {
    /// What was agreed on before the first block.
    pub genesis: &'a Genesis,
    /// Who sat in which epoch, as the engine said.
    pub committees: &'a BTreeMap<u64, Vec<Peer>>,
}

impl Seats<'_> {
    /// Compares both.
    ///
    /// # Errors
    /// When they differ.
    pub fn check(&self, state: &Snapshot) -> Held {
        let signing = state.signing(self.genesis);
        let count = signing.len() as u64;
        hold(state.meta.seats == count, || format!("{count} sign, and the ledger counts {}", state.meta.seats))?;
        let Some(committee) = self.committees.get(&state.meta.epoch) else { return Ok(()) };
        let named = signing.iter().map(|peer| &peer.0).eq(committee);
        let stayed = state.meta.epoch.checked_sub(1).and_then(|before| self.committees.get(&before)) == Some(committee);
        hold(named || stayed, || format!("others sign in epoch {} than were named for it", state.meta.epoch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{network::Network, properties::samples, seed::Seed, weather::Weather};

    #[test]
    fn others_in_the_seats_are_found() {
        let network = Network::new(Seed(1), &Weather::Calm.scenario(1, 4, 1)).expect("a network");
        let named: Vec<Peer> = network.genesis.first_seats().iter().map(|peer| peer.0).collect();
        let mut state = samples::queued();
        state.meta.seats = 4;
        let check = |state: &Snapshot, committee: Vec<Peer>| {
            let committees = BTreeMap::from([(0, committee)]);
            Seats { genesis: &network.genesis, committees: &committees }.check(state)
        };
        assert_eq!(check(&state, named.clone()), Ok(()));
        assert!(check(&state, named[1..].to_vec()).is_err());
        state.meta.seats = 3;
        assert!(check(&state, named).is_err());
    }
}
