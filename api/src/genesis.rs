//! Genesis, as [`types`] writes it.

use crate::schema::like;
use std::borrow::Cow;
use types::{
    AccountId, Amount, Artifact, BlobId, ChainTime, Data, List, Millis, Params, Program, Resources, Runtime, Text,
    beacon::GroupKey,
    genesis::{CapacityTest, Ceremony, GenesisAccount, GenesisProver, GenesisValidator, PeerId},
    verdict::{VerdictKey, VerdictSignature},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

pub use types::genesis::Genesis;

/// The schema of [`Genesis`].
pub(crate) struct GenesisSchema;

impl PartialSchema for GenesisSchema {
    fn schema() -> RefOr<Schema> {
        like(&sample(), "What everybody agrees on before the first block; its hash is the chain id.")
    }
}

impl ToSchema for GenesisSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Genesis")
    }
}

/// A genesis with one of everything, to show its shape.
fn sample() -> Genesis {
    let account = AccountId([0; 32]);
    let validator = GenesisValidator { peer: PeerId([0; 32]), account, address: Text::default(), bond: Amount::ZERO };
    let prover = GenesisProver {
        account,
        key: VerdictKey([0; 96]),
        possession: VerdictSignature([0; 48]),
        capacity: Resources { runtimes: Runtime::LinuxX86_64.into(), ..Resources::default() },
        address: Text::default(),
    };
    Genesis {
        name: Text::default(),
        time: ChainTime(0),
        params: Params::default(),
        capacity_test: CapacityTest { program: program(), compute_max: Millis(0) },
        validators: List::truncated(vec![validator]),
        provers: List::truncated(vec![prover]),
        accounts: List::truncated(vec![GenesisAccount { account, balance: Amount::ZERO }]),
        ceremony: Ceremony::Dealt,
        group_key: GroupKey([0; 96]),
        output: Data::default(),
        verifier: Text::default(),
    }
}

fn program() -> Program {
    let artifact = Artifact { blob: BlobId([0; 32]), size: 0 };
    Program {
        name: Text::default(),
        proof_system: Text::default(),
        runtime: Runtime::Wasm,
        prover: artifact,
        verifier: artifact,
        fuel_limit: 0,
    }
}
