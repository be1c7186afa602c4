//! What members of the network send, and the lives of workloads up to some state.

use super::{
    network::{BUNDLE, FUNDS, program, run_of},
    world::World,
};
use types::{
    AccountId, BlobId, Body, Call, Certificate, Data, Height, List, ProverAction, ProverMessage, Run, SecretKey,
    Settlement, Signed, SignedVerdict, Text, Transaction, Verdict, VerdictKey, VerdictSecret, Workload, WorkloadId,
    block::BeaconEntry,
    message::{Fail, FailKind, SignedProverMessage},
    state_key,
    transaction::SignedTransaction,
    verdict::Subject,
};

impl World {
    /// What an account signs next.
    pub(super) fn transaction_of(&self, secret: &SecretKey, call: Call) -> Transaction {
        let sender = secret.account();
        let (chain, nonce) = (self.chain(), self.account(sender).nonce);
        let valid_until = Height(self.memory.height().0 + 10);
        Transaction { chain, sender, nonce, fee_limit: FUNDS, valid_until, call }
    }

    pub(super) fn call_of(&self, secret: &SecretKey, call: Call) -> SignedTransaction {
        Signed::new(self.transaction_of(secret, call), secret)
    }

    /// The account of a prover or validator sends a transaction.
    pub(super) fn sends(&mut self, account: AccountId, call: Call) {
        let signed = self.call_of(self.secret_of(account), call);
        self.transact(vec![signed]);
    }

    pub(super) fn refuses_send(&self, account: AccountId, call: Call, code: &str) {
        self.refuses_transaction(self.call_of(self.secret_of(account), call), code);
    }

    pub(super) fn transaction(&self, user: usize, call: Call) -> Transaction {
        self.transaction_of(&self.users[user], call)
    }

    pub(super) fn sign(&self, user: usize, transaction: Transaction) -> SignedTransaction {
        Signed::new(transaction, &self.users[user])
    }

    pub(super) fn call(&self, user: usize, call: Call) -> SignedTransaction {
        self.call_of(&self.users[user], call)
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

    /// The verdicts of these members of the set that judges the workload.
    pub(super) fn certificate(&self, subject: &Subject, verdict: Verdict, signers: &[usize]) -> Certificate {
        let announced = self.memory.find::<Workload>(state_key::workload(subject.workload)).expect("well formed");
        let version = announced.and_then(|workload| workload.subject().map(|(_, announced)| announced.set));
        let members = self.set(version.unwrap_or(self.meta().set)).members;
        let sign =
            |index: &usize| (*index, self.verdict_secret_of(&members[*index].key).sign(self.chain(), subject, verdict));
        let verdicts: Vec<_> = signers.iter().map(sign).collect();
        Certificate::aggregate(verdict, members.len(), &verdicts).expect("an aggregate")
    }

    pub(super) fn verdict_secret_of(&self, key: &VerdictKey) -> &VerdictSecret {
        &self.verdict_keys.iter().find(|(public, _)| public == key).expect("a known key").1
    }

    /// What one prover says of a proof.
    pub(super) fn verdict(&self, prover: AccountId, subject: Subject, verdict: Verdict) -> SignedVerdict {
        let signature = self.verdict_secret_of(&self.prover(prover).key).sign(self.chain(), &subject, verdict);
        SignedVerdict { subject, verdict, prover, signature }
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
        self.say(vec![self.drawn_says(id, announcement(BUNDLE))]);
    }

    /// The prover that was drawn says that the program failed.
    pub(super) fn fail(&mut self, id: WorkloadId) {
        let fail = Fail { kind: FailKind::Exit, reason: Text::truncated("exit 1"), log: None };
        self.say(vec![self.drawn_says(id, ProverAction::Fail(fail))]);
    }

    /// All members say so of the proof that is announced.
    pub(super) fn settle_by_all(&mut self, id: WorkloadId, verdict: Verdict) {
        let version = self.workload(id).subject().expect("announced").1.set;
        let all: Vec<usize> = (0..self.set(version).members.len()).collect();
        self.settle(self.settlement(id, verdict, &all));
    }

    pub(super) fn proved(&mut self, user: usize) -> WorkloadId {
        let id = self.proving(user);
        self.announce(id);
        id
    }
}

pub(super) fn announcement(proof: &[u8]) -> ProverAction {
    ProverAction::Announce { proof: BlobId::of(proof), size: proof.len() as u64 }
}
