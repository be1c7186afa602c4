//! The network whose ledger is measured: its genesis, and all of its keys.

use anyhow::{Context, Result};
use ledger::Ledger;
use types::{
    AccountId, Amount, Artifact, BlobId, ChainId, ChainTime, Data, Genesis, Input, InputRole, InputSource, List,
    Millis, Params, Program, Resources, Run, SecretKey, Text, VerdictKey, VerdictSecret,
    beacon::testing::GroupSecret,
    genesis::{CapacityTest, Ceremony, GenesisAccount, GenesisProver, GenesisValidator, PeerId},
    program::Runtime,
    verdict::{Member, VerdictSignature},
};

/// Provers, all of them in the verdict set.
const PROVERS: u64 = 64;
/// Cores of each prover.
const CORES: u32 = 16;
/// Accounts that can sign: more than one block has senders.
const SIGNERS: u64 = 4096;
/// The peer that leads all blocks.
pub const LEADER: [u8; 32] = [1; 32];
/// What the bank has at genesis: the accounts and the open workloads get theirs of it.
pub const BANK: AccountId = AccountId([250; 32]);
/// The bank's balance at genesis.
pub const MONEY: Amount = Amount(1_000_000_000_000_000_000);

/// What each prover has bonded.
pub const BOND: Amount = Amount(1_000_000_000_000);

/// A prover with its keys.
pub struct Prover {
    /// Its account.
    pub account: AccountId,
    /// Signs its messages.
    pub secret: SecretKey,
    /// Its verdict key.
    pub key: VerdictKey,
    /// Signs its verdicts.
    pub verdicts: VerdictSecret,
}

impl Prover {
    /// Its entry in a verdict set.
    #[must_use]
    pub const fn member(&self) -> Member {
        Member { account: self.account, key: self.key, bond: BOND }
    }
}

/// A network with all of its keys.
pub struct Network {
    /// Its rules.
    pub ledger: Ledger,
    /// Signs its beacons.
    pub group: GroupSecret,
    /// Its provers, ascending by account.
    pub provers: Vec<Prover>,
    signers: Vec<(AccountId, SecretKey)>,
}

impl Network {
    /// Makes all keys and the genesis.
    ///
    /// # Errors
    /// When the genesis does not hold.
    pub fn new() -> Result<Self> {
        let mut provers: Vec<Prover> = (0..PROVERS).map(prover).collect::<Result<_>>()?;
        provers.sort_by_key(|prover| prover.account);
        let group = GroupSecret::derive(1).context("no group")?;
        let ledger = Ledger::new(genesis(&provers, &group)?)?;
        let signer = |index| secret("signer", index).map(|secret| (secret.account(), secret));
        let signers = (0..SIGNERS).map(signer).collect::<Result<_>>()?;
        Ok(Self { ledger, group, provers, signers })
    }

    /// The network's name for machines.
    #[must_use]
    pub const fn chain(&self) -> ChainId {
        self.ledger.chain()
    }

    /// How many of so many accounts can sign: the first ones.
    #[must_use]
    pub fn signers(&self, accounts: usize) -> usize {
        self.signers.len().min(accounts)
    }

    /// The account with this number. Its name looks like any other's, so the first ones lie anywhere among all.
    #[must_use]
    pub fn account(&self, index: usize) -> AccountId {
        let signer = self.signers.get(index).map(|(account, _)| *account);
        signer.unwrap_or_else(|| AccountId(bytes("account", index as u64)))
    }

    /// The key of an account that can sign.
    ///
    /// # Errors
    /// When it cannot.
    pub fn secret(&self, index: usize) -> Result<&SecretKey> {
        self.signers.get(index).map(|(_, secret)| secret).context("an account that cannot sign")
    }

    /// The program that all runs are of: the one that genesis deploys.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.ledger.genesis().capacity_test.program
    }

    /// A run of it on one core, with a short statement.
    #[must_use]
    pub fn run(&self) -> Run {
        let source = InputSource::Inline(Data::new(vec![7; 64]).unwrap_or_default());
        Run {
            program: self.program().id(),
            arguments: Data::default(),
            inputs: List::truncated(vec![Input { role: InputRole::Statement, source }]),
            resources: cores(1),
            compute_max: Millis(10_000),
            fee_max: Amount(10_000_000_000),
        }
    }
}

/// 32 bytes for one purpose.
#[must_use]
pub fn bytes(what: &str, index: u64) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("lemma bench");
    *hasher.update(what.as_bytes()).update(&index.to_le_bytes()).finalize().as_bytes()
}

fn secret(what: &str, index: u64) -> Result<SecretKey> {
    SecretKey::from_bytes(&bytes(what, index)).context("no key")
}

fn prover(index: u64) -> Result<Prover> {
    let (secret, verdicts) = (secret("prover", index)?, VerdictSecret::derive(&bytes("verdicts", index)));
    let verdicts = verdicts.context("no verdict key")?;
    Ok(Prover { account: secret.account(), secret, key: verdicts.public(), verdicts })
}

fn cores(cpus: u32) -> Resources {
    Resources { cpus, memory_mib: 1024 * cpus, disk_mib: 512 * cpus, gpus: 0, gpu_class: 0, ..Resources::default() }
}

fn genesis(provers: &[Prover], group: &GroupSecret) -> Result<Genesis> {
    let validator = |index: u8| GenesisValidator {
        peer: PeerId([index; 32]),
        account: AccountId([200 + index; 32]),
        address: Text::default(),
        bond: BOND,
    };
    let entry = |prover: &Prover| GenesisProver {
        account: prover.account,
        key: prover.key,
        possession: VerdictSignature([0; 48]),
        capacity: cores(CORES),
        address: Text::default(),
    };
    let mut genesis = Genesis {
        name: Text::truncated("bench"),
        time: ChainTime(1_700_000_000_000),
        params: Params::default(),
        capacity_test: CapacityTest { program: program(), compute_max: Millis(5_000) },
        validators: List::new((1..=4).map(validator).collect())?,
        provers: List::new(provers.iter().map(entry).collect())?,
        accounts: List::new(vec![GenesisAccount { account: BANK, balance: MONEY }])?,
        ceremony: Ceremony::Dealt,
        group_key: group.public(),
        output: Data::default(),
        verifier: Text::truncated("bench"),
    };
    let chain = genesis.chain();
    for (entry, prover) in genesis.provers.iter_mut().zip(provers) {
        entry.possession = prover.verdicts.prove_possession(chain, prover.account);
    }
    Ok(genesis)
}

fn program() -> Program {
    let artifact = |name: &[u8]| Artifact { blob: BlobId::of(name), size: 1000 };
    Program {
        name: Text::truncated("bench"),
        proof_system: Text::truncated("none/0"),
        runtime: Runtime::Wasm,
        prover: artifact(b"prover"),
        verifier: artifact(b"verifier"),
        fuel_limit: 5_000_000,
    }
}
