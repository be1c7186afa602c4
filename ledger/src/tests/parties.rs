//! What provers and validators do besides proving: they bond, join, show that they are alive, drain, vote.

use super::{
    network::{UNIT, bank, cores},
    world::{STEP, World},
};
use types::{
    AccountId, Amount, Body, Call, List, Resources, SecretKey, Signed, Text, Verdict, WorkloadId,
    record::{Prover, Seats},
    registry::{Change, Changes, Heartbeat, ProverUpdate, Registration, Role, SignedHeartbeat},
    state_key,
};

impl World {
    pub(super) fn heartbeat(&self, prover: AccountId) -> SignedHeartbeat {
        let heartbeat = Heartbeat { chain: self.chain(), prover, epoch: self.context(STEP).epoch };
        Signed::new(heartbeat, self.secret_of(prover))
    }

    /// All registered provers that have not spoken in this epoch say that they are alive.
    pub(super) fn beat(&mut self) {
        let epoch = self.context(STEP).epoch;
        let accounts: Vec<AccountId> = self.provers.iter().map(SecretKey::account).collect();
        let silent = |account: &AccountId| {
            let prover: Option<Prover> = self.memory.find(state_key::prover(*account)).expect("well formed");
            prover.is_some_and(|prover| prover.seen < epoch)
        };
        let beats: Vec<_> = accounts.into_iter().filter(silent).map(|account| self.heartbeat(account)).collect();
        self.block(&Body { heartbeats: List::new(beats).expect("few"), ..Body::default() });
    }

    /// What a prover sends to join.
    pub(super) fn registration(&self, prover: AccountId, capacity: Resources) -> Registration {
        let index = self.provers.iter().position(|secret| secret.account() == prover).expect("a prover");
        let (key, secret) = &self.verdict_keys[index];
        let possession = secret.prove_possession(self.chain(), prover);
        let bond = Amount(UNIT.0 * u64::from(capacity.cpus));
        Registration { key: *key, possession, capacity, address: Text::default(), bond }
    }

    /// A newcomer with so many cores registers. Returns its account and the workload that tests it.
    pub(super) fn registered(&mut self, cpus: u32) -> (AccountId, WorkloadId) {
        let prover = self.newcomer();
        self.fund(prover, Amount(UNIT.0 * (u64::from(cpus) + 1)));
        self.sends(prover, Call::Register(Box::new(self.registration(prover, cores(cpus)))));
        (prover, self.prover(prover).test.expect("a test"))
    }

    /// A newcomer with so many cores that passed its test.
    pub(super) fn tested(&mut self, cpus: u32) -> AccountId {
        let (prover, test) = self.registered(cpus);
        self.accept(test);
        self.announce(test);
        self.settle_by_all(test, Verdict::Valid);
        prover
    }

    /// The bank gives each of these accounts so much more.
    pub(super) fn fund_all(&mut self, accounts: &[AccountId], amount: Amount) {
        let mut transaction = self.transaction_of(&bank(), Call::Return);
        let mut transfers = Vec::new();
        for to in accounts {
            transaction.call = Call::Transfer { to: *to, amount };
            transfers.push(Signed::new(transaction.clone(), &bank()));
            transaction.nonce += 1;
        }
        self.transact(transfers);
    }

    /// The accounts of all provers that tests know.
    pub(super) fn all_provers(&self) -> Vec<AccountId> {
        self.provers.iter().map(SecretKey::account).collect()
    }

    /// These provers take nothing new, or do so again.
    pub(super) fn drain(&mut self, provers: &[AccountId], drain: bool) {
        let update = || Call::Update(ProverUpdate { drain: Some(drain), ..ProverUpdate::default() });
        let sent = provers.iter().map(|prover| self.call_of(self.secret_of(*prover), update())).collect();
        self.transact(sent);
    }

    /// All provers but this one take nothing new, so that it is drawn. All are funded for the fees of what they send.
    pub(super) fn only(&mut self, prover: AccountId) {
        let all = self.all_provers();
        self.fund_all(&all, UNIT);
        let others: Vec<AccountId> = all.into_iter().filter(|other| *other != prover).collect();
        self.drain(&others, true);
    }

    /// Everybody gives a sign of life, and the next epoch begins.
    pub(super) fn next_epoch(&mut self) {
        assert_eq!(self.context(STEP).epoch, self.meta().epoch, "the next block is too late for a heartbeat");
        self.beat();
        self.turn_epoch();
    }

    /// Who is named for an epoch, by the first byte of the peer.
    pub(super) fn named(&self, epoch: u64) -> Vec<u8> {
        let seats: Option<Seats> = self.memory.find(state_key::seats(epoch)).expect("well formed");
        seats.expect("seats").seats.iter().map(|peer| peer.0[0]).collect()
    }

    /// The account of a validator, counted from 1 as its peer is.
    pub(super) fn seat(&self, peer: usize) -> AccountId {
        self.validators[peer - 1].account()
    }

    pub(super) fn bonds(&mut self, account: AccountId, role: Role, amount: Amount) {
        self.sends(account, Call::Bond { role, amount });
    }

    pub(super) fn unbonds(&mut self, account: AccountId, role: Role, amount: Amount) {
        self.sends(account, Call::Unbond { role, amount });
    }

    /// A prover declares another capacity.
    pub(super) fn declares(&mut self, prover: AccountId, capacity: Resources) {
        self.sends(prover, declare(capacity));
    }
}

/// The update that declares a capacity.
pub(super) fn declare(capacity: Resources) -> Call {
    Call::Update(ProverUpdate { capacity: Some(capacity), ..ProverUpdate::default() })
}

/// Changes of parameters, as they stand in a vote.
pub(super) fn changes(list: &[(&str, u64)]) -> Changes {
    let change = |(name, value): &(&str, u64)| Change { parameter: Text::truncated(name), value: *value };
    List::truncated(list.iter().map(change).collect())
}
