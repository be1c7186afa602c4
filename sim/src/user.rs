//! A scripted user: uploads what its programs need to one node, deploys them, submits runs to random nodes over time, and sends
//! again what is not in a block.

use crate::{
    host::SimHost,
    scenario::Options,
    seed::Seed,
    toy::{self, Kind},
};
use std::{sync::Arc, time::Duration};
use types::{
    Amount, Artifact, BlobId, Call, ChainId, Data, Height, Input, InputRole, InputSource, List, Millis, Program,
    Resources, Run, Runtime, SecretKey, Signed, Text, Transaction, WorkloadId, transaction::SignedTransaction,
};

/// When it begins.
const BEGIN: Duration = Duration::from_millis(500);
/// How long it waits for a transaction before it sends it again.
const AGAIN: Duration = Duration::from_secs(4);
/// Time between two runs, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 0..1_500;
/// The longest a run may compute.
const COMPUTE_MAX: Millis = Millis(6_000);

/// A transaction that the user wants in a block.
struct Errand {
    at: Duration,
    transaction: SignedTransaction,
    run: Option<WorkloadId>,
    told: Option<Duration>,
}

/// The user.
pub struct User {
    seed: Seed,
    errands: Vec<Errand>,
    /// The blobs of programs and inputs.
    uploads: Vec<Vec<u8>>,
    uploaded: bool,
    tokens: u64,
}

/// What the user writes transactions with.
struct Pen<'a> {
    chain: ChainId,
    secret: &'a SecretKey,
    errands: Vec<Errand>,
}

impl Pen<'_> {
    fn write(&mut self, at: Duration, call: Call) {
        let is_run = matches!(call, Call::Run(_));
        let value = Transaction {
            chain: self.chain,
            sender: self.secret.account(),
            nonce: self.errands.len() as u64,
            fee_limit: Amount(1_000_000_000),
            valid_until: Height(5_000),
            call,
        };
        let run = is_run.then(|| WorkloadId::from(value.id()));
        self.errands.push(Errand { at, transaction: Signed::new(value, self.secret), run, told: None });
    }
}

fn artifact(bytes: &[u8]) -> Artifact {
    Artifact { blob: BlobId::of(bytes), size: bytes.len() as u64 }
}

fn program(kind: Kind) -> Program {
    Program {
        name: Text::truncated("toy"),
        proof_system: Text::truncated("toy/1"),
        runtime: Runtime::Wasm,
        prover: artifact(&kind.artifact()),
        verifier: artifact(&toy::verifier()),
        fuel_limit: 1_000_000,
    }
}

/// A run's inputs: a statement inline, another by blob, and a witness by blob. Returns them with the blobs.
fn inputs(seed: Seed, run: u64) -> (List<Input, { types::limits::INPUTS_MAX }>, Vec<Vec<u8>>) {
    let blob = |what, length: usize| seed.bytes(what, run).repeat(length.div_ceil(32));
    let (statement, witness) = (blob("statement", 3_000), blob("witness", 300_000));
    let by_blob = |bytes: &[u8]| InputSource::Blob { blob: BlobId::of(bytes), size: bytes.len() as u64 };
    let inline = InputSource::Inline(Data::new(blob("inline", 64)).expect("short"));
    let inputs = [
        (InputRole::Statement, inline),
        (InputRole::Witness, by_blob(&witness)),
        (InputRole::Statement, by_blob(&statement)),
    ];
    let inputs = inputs.into_iter().map(|(role, source)| Input { role, source }).collect();
    (List::truncated(inputs), vec![statement, witness])
}

impl User {
    /// A user with everything planned.
    #[must_use]
    pub fn new(options: &Options, chain: ChainId, secret: &SecretKey) -> Self {
        let seed = options.chance();
        let mut pen = Pen { chain, secret, errands: Vec::new() };
        let kinds: Vec<Kind> = (0..options.workloads).map(|run| options.program(run)).collect();
        let deployed = [Kind::Proves, Kind::Loops].into_iter().filter(|kind| kinds.contains(kind));
        let mut uploads = vec![toy::verifier()];
        for kind in deployed {
            uploads.push(kind.artifact());
            pen.write(BEGIN, Call::Deploy(program(kind)));
        }
        let mut at = BEGIN;
        for (run, kind) in kinds.into_iter().enumerate() {
            at += Duration::from_millis(seed.within("pause", run as u64, PAUSE_MS));
            let (inputs, blobs) = inputs(seed, run as u64);
            uploads.extend(blobs);
            pen.write(at, Call::Run(request(kind, inputs)));
        }
        Self { seed, errands: pen.errands, uploads, uploaded: false, tokens: 0 }
    }

    /// The workloads that the runs become, in the order of submission.
    #[must_use]
    pub fn runs(&self) -> Vec<WorkloadId> {
        self.errands.iter().filter_map(|errand| errand.run).collect()
    }

    /// Does what is to be done. `nonce` is the user's in the state, from the first block on; `hosts` are those of the nodes
    /// that are up.
    pub fn act(&mut self, at: Duration, nonce: Option<u64>, hosts: &[Arc<SimHost>]) {
        let Some(nonce) = nonce.filter(|_| !hosts.is_empty() && at >= BEGIN) else { return };
        if !std::mem::replace(&mut self.uploaded, true) {
            let host = self.pick("store", hosts);
            self.uploads.drain(..).for_each(|blob| host.upload(blob));
        }
        // A run is refused before its program is deployed, so deployments go first.
        let deploys = self.errands.iter().filter(|errand| errand.run.is_none()).count() as u64;
        let end = if nonce < deploys { deploys } else { self.errands.len() as u64 };
        for index in nonce..end {
            self.send(index as usize, at, hosts);
        }
    }

    fn send(&mut self, index: usize, at: Duration, hosts: &[Arc<SimHost>]) {
        let host = self.pick("target", hosts);
        let errand = &mut self.errands[index];
        if errand.at > at || errand.told.is_some_and(|told| at < told + AGAIN) {
            return;
        }
        errand.told = Some(at);
        self.tokens += 1;
        host.submit(self.tokens, errand.transaction.clone());
    }

    fn pick(&self, what: &str, hosts: &[Arc<SimHost>]) -> Arc<SimHost> {
        hosts[self.seed.within(what, self.tokens, 0..hosts.len() as u64) as usize].clone()
    }
}

fn request(kind: Kind, inputs: List<Input, { types::limits::INPUTS_MAX }>) -> Run {
    Run {
        program: program(kind).id(),
        arguments: Data::default(),
        inputs,
        resources: Resources { cpus: 1, memory_mib: 512, disk_mib: 128, gpus: 0 },
        compute_max: COMPUTE_MAX,
        fee_max: Amount(1_000_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn the_script_follows_from_the_seed() {
        let secret = SecretKey::from_bytes(&[1; 32]).expect("a key");
        let user = |seed| User::new(&Options::new(seed, Scenario::Loop), ChainId([0; 32]), &secret);
        assert_eq!(user(1).runs(), user(1).runs());
        assert_ne!(user(1).runs(), user(2).runs());
        assert_eq!(user(1).runs().len(), 3);
        assert_eq!(user(1).errands.len(), 5);
    }
}
