//! The model against the state.

use super::*;

impl Model {
    /// Compares everything with the state.
    pub(in crate::tests) fn compare(&self, world: &World) {
        let meta = world.meta();
        assert_eq!((&meta.params, meta.compute_price.0, meta.seats), (&self.params, self.price, self.seats));
        assert_eq!((meta.used, meta.offered), (self.used, self.offered));
        let escrow: u64 = self.jobs.values().map(Job::locked).sum();
        let bonds: u64 = self.stakes.values().map(Stake::all).sum();
        let balances: u64 = self.balances.values().sum();
        let totals = meta.totals;
        let found = [totals.balances, totals.bonds, totals.escrow, totals.burned].map(|amount| amount.0);
        assert_eq!(found, [balances, bonds, escrow, self.burned]);
        for (account, balance) in &self.balances {
            assert_eq!(world.account(*account).balance.0, *balance, "{account}");
        }
        for (id, job) in &self.jobs {
            assert_eq!(world.state(*id), job.state, "{id}");
        }
        assert_eq!(meta.live, self.jobs.values().filter(|job| !job.state.is_end()).count() as u64);
        self.compare_stakes(world);
    }

    fn compare_stakes(&self, world: &World) {
        for (account, rig) in &self.rigs {
            let (record, stake) = (world.prover(*account), &self.stakes[account]);
            let parts: u64 = record.unbonding.iter().map(|part| part.amount.0).sum();
            assert_eq!((record.bond.0, parts + record.bond.0), (stake.bond, stake.all()), "{account}");
            let found = (record.capacity.cpus.into(), record.declared.map(|declared| declared.cpus.into()));
            assert_eq!(found, (rig.cores, rig.declared), "{account}");
            assert_eq!((u64::from(record.in_use.cpus), record.live), (rig.in_use, rig.live), "{account}");
            assert_eq!((record.jailed.is_some(), record.draining), (rig.jailed, rig.draining), "{account}");
        }
        for index in 0..world.validators.len() {
            let record = world.validator(index);
            let (stake, parts) = (&self.stakes[&record.account], record.unbonding.iter().map(|part| part.amount.0));
            assert_eq!((record.bond.0, parts.sum::<u64>() + record.bond.0), (stake.bond, stake.all()));
        }
    }

    /// Whether nothing is left that could still change by itself. A validator that is named leaves all of its bond where it is.
    pub(in crate::tests) fn is_at_rest(&self, world: &World) -> bool {
        let named = world.signing(self.epoch + 3);
        let free = self.stakes.iter().filter(|(account, _)| !named.contains(account));
        let parts = free.flat_map(|(_, stake)| &stake.parts);
        self.jobs.values().all(|job| job.state.is_end()) && parts.map(|(amount, _)| amount).sum::<u64>() == 0
    }
}
