//! What members of the network send, and the lives of workloads up to some state.

use super::{
    network::{BUNDLE, FUNDS, UNIT, cores, program, run_of},
    world::World,
};
use types::{
    AccountId, Amount, BlobId, Body, Call, Certificate, Data, Height, List, ProverAction, ProverMessage, Resources,
    Run, SecretKey, Settlement, Signed, SignedVerdict, Text, Transaction, Verdict, VerdictKey, VerdictSecret, Workload,
    WorkloadId,
    block::BeaconEntry,
    message::SignedProverMessage,
    record::Prover,
    registry::{Heartbeat, Registration, SignedHeartbeat},
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

    pub(super) fn heartbeat(&self, prover: AccountId) -> SignedHeartbeat {
        let heartbeat = Heartbeat { chain: self.chain(), prover, epoch: self.meta().epoch };
        Signed::new(heartbeat, self.secret_of(prover))
    }

    /// All registered provers that have not spoken in this epoch say that they are alive.
    pub(super) fn beat(&mut self) {
        let epoch = self.meta().epoch;
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
        let all: Vec<usize> = (0..self.members().len()).collect();
        self.settle(self.settlement(test, Verdict::Valid, &all));
        prover
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
