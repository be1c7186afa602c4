//! Genesis and its parameters, as [`types`] writes them.

use crate::schema::like;
use std::borrow::Cow;
use types::{
    AccountId, Amount, ChainTime, Data, List, Resources, Text,
    beacon::GroupKey,
    genesis::{Ceremony, GenesisAccount, GenesisProver, GenesisValidator, PeerId},
    verdict::{VerdictKey, VerdictSignature},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

pub use types::genesis::{Genesis, Params};

/// The schema of [`Params`].
pub(crate) struct ParamsSchema;

impl PartialSchema for ParamsSchema {
    fn schema() -> RefOr<Schema> {
        let description = "The parameters of the protocol: spans in milliseconds, sizes in bytes, prices in LEM.";
        like(&Params::default(), description)
    }
}

impl ToSchema for ParamsSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Params")
    }
}

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
    let validator = GenesisValidator { peer: PeerId([0; 32]), account, address: Text::default() };
    let prover = GenesisProver {
        account,
        key: VerdictKey([0; 96]),
        possession: VerdictSignature([0; 48]),
        capacity: Resources::default(),
    };
    Genesis {
        name: Text::default(),
        time: ChainTime(0),
        params: Params::default(),
        validators: List::truncated(vec![validator]),
        provers: List::truncated(vec![prover]),
        accounts: List::truncated(vec![GenesisAccount { account, balance: Amount::ZERO }]),
        ceremony: Ceremony::Dealt,
        group_key: GroupKey([0; 96]),
        output: Data::default(),
        verifier: Text::default(),
    }
}
