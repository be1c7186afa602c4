//! What members of the network send, and the lives of workloads up to some state.

use super::{
    network::{BUNDLE, FUNDS, program, run_of},
    world::World,
};
use types::{
    AccountId, BlobId, Body, Call, Certificate, Data, Height, List, ProverAction, ProverMessage, Run, Settlement,
    Signed, Transaction, Verdict, WorkloadId, block::BeaconEntry, message::SignedProverMessage,
    transaction::SignedTransaction, verdict::Subject,
};

impl World {
    pub(super) fn transaction(&self, user: usize, call: Call) -> Transaction {
        let sender = self.user(user);
        let (chain, nonce) = (self.chain(), self.account(sender).nonce);
        let valid_until = Height(self.memory.height().0 + 10);
        Transaction { chain, sender, nonce, fee_limit: FUNDS, valid_until, call }
    }

    pub(super) fn sign(&self, user: usize, transaction: Transaction) -> SignedTransaction {
        Signed::new(transaction, &self.users[user])
    }

    pub(super) fn call(&self, user: usize, call: Call) -> SignedTransaction {
        self.sign(user, self.transaction(user, call))
    }

    pub(super) fn run(&self, user: usize) -> SignedTransaction {
        self.call(user, Call::Run(run_of(program().id())))
    }

    pub(super) fn says(&self, prover: AccountId, id: WorkloadId, action: ProverAction) -> SignedProverMessage {
        let attempt = self.workload(id).attempts.len() as u16;
        let message = ProverMessage { chain: self.chain(), prover, workload: id, attempt, action };
        Signed::new(message, self.secret_of(prover))
    }

    /// What the prover that was drawn says.
    pub(super) fn drawn_says(&self, id: WorkloadId, action: ProverAction) -> SignedProverMessage {
        self.says(self.drawn(id), id, action)
    }

    pub(super) fn beacon(&self, height: Height) -> BeaconEntry {
        BeaconEntry { height, beacon: self.group.sign(self.chain(), height) }
    }

    pub(super) fn certificate(&self, subject: &Subject, verdict: Verdict, signers: &[usize]) -> Certificate {
        let chain = self.chain();
        let members = &self.memory.ledger().genesis().provers;
        let key = |index: usize| self.verdict_keys.iter().find(|key| key.public() == members[index].key).expect("own");
        let verdicts: Vec<_> =
            signers.iter().map(|index| (*index, key(*index).sign(chain, subject, verdict))).collect();
        Certificate::aggregate(verdict, members.len(), &verdicts).expect("an aggregate")
    }

    pub(super) fn settlement(&self, id: WorkloadId, verdict: Verdict, signers: &[usize]) -> Settlement {
        let subject = self.workload(id).subject().expect("announced").0;
        let bundle = (verdict == Verdict::Valid).then(|| Data::new(BUNDLE.to_vec()).expect("short"));
        Settlement { subject, certificate: self.certificate(&subject, verdict, signers), bundle }
    }

    /// A workload that is queued, and drawn for by the block that holds it.
    pub(super) fn queued(&mut self, user: usize) -> WorkloadId {
        self.queued_run(user, run_of(program().id()))
    }

    pub(super) fn queued_run(&mut self, user: usize, run: Run) -> WorkloadId {
        let transaction = self.call(user, Call::Run(run));
        let id = transaction.value.id().into();
        self.transact(vec![transaction]);
        id
    }

    /// Makes the draws that the last block fixed.
    pub(super) fn draw(&mut self) {
        let height = self.memory.height();
        self.idle();
        let beacons = List::truncated(vec![self.beacon(height)]);
        self.block(&Body { beacons, ..Body::default() });
    }

    /// Makes the draws that are waiting, as far as a block has room for their beacons.
    pub(super) fn draw_waiting(&mut self) {
        self.idle();
        let last = self.memory.height().0 - 1;
        let ready = self.wanted().into_iter().filter(|height| height.0 <= last);
        let beacons = List::truncated(ready.map(|height| self.beacon(height)).collect());
        self.block(&Body { beacons, ..Body::default() });
    }

    pub(super) fn allocated(&mut self, user: usize) -> WorkloadId {
        let id = self.queued(user);
        self.draw();
        id
    }

    pub(super) fn accept(&mut self, id: WorkloadId) {
        self.say(vec![self.drawn_says(id, ProverAction::Accept)]);
    }

    pub(super) fn proving(&mut self, user: usize) -> WorkloadId {
        let id = self.allocated(user);
        self.accept(id);
        id
    }

    pub(super) fn announce(&mut self, id: WorkloadId) {
        let announce = ProverAction::Announce { proof: BlobId::of(BUNDLE), size: BUNDLE.len() as u64 };
        self.say(vec![self.drawn_says(id, announce)]);
    }

    pub(super) fn proved(&mut self, user: usize) -> WorkloadId {
        let id = self.proving(user);
        self.announce(id);
        id
    }
}
