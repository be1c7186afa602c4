//! What may happen, and how often.

use super::*;

/// What somebody does. Numbers choose among what is there.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    /// A block ends, so much chain time later.
    Block {
        step: u64,
    },
    /// The epoch ends with the next block.
    Turn,
    /// From now on one validator leads, or two take turns, or all do.
    Lead {
        who: u8,
    },
    /// Everybody does the next thing that an honest member would.
    Honest,
    /// The same where all programs fail and no proof can be fetched, or where all proofs are rejected.
    Bad {
        failed: bool,
    },
    /// Some provers give a sign of life, of the present epoch or another.
    Beat {
        who: u16,
        late: bool,
    },
    /// The beacon that is wanted comes in.
    Beacon,
    /// Some other beacon.
    FalseBeacon {
        height: u64,
        signed: bool,
    },
    Transfer {
        from: usize,
        to: usize,
        amount: u64,
    },
    Run {
        user: usize,
        cpus: u32,
        compute: u64,
        fee_max: u64,
    },
    Cancel {
        user: usize,
        which: usize,
    },
    Deploy {
        user: usize,
        fuel: u64,
    },
    /// A prover says something about a workload, its turn or not.
    Say {
        who: Option<usize>,
        which: usize,
        attempt: u16,
        what: u8,
    },
    /// A settlement by these signers, about the announced proof or another.
    Settle {
        which: usize,
        verdict: u8,
        signers: u8,
        about: u8,
        bundle: bool,
    },
    /// A prover or a validator adds to its bond, or takes of it.
    Stake {
        who: usize,
        back: bool,
        amount: u64,
    },
    /// A newcomer registers, with a proof of possession or without.
    Register {
        who: usize,
        cpus: u32,
        possessed: bool,
    },
    /// A prover declares another capacity, or drains, or no longer does.
    Update {
        who: usize,
        cpus: Option<u32>,
        drain: Option<bool>,
    },
    /// A prover wants out of jail.
    Return {
        who: usize,
    },
    /// A validator votes for one of a few changes.
    Vote {
        who: usize,
        what: u8,
    },
    /// Somebody submits evidence, true or false, in a transaction or through the leader.
    Accuse {
        who: usize,
        which: usize,
        kind: u8,
        truth: u8,
        send: bool,
    },
    /// Something that was sent before is sent again.
    Replay {
        which: usize,
    },
    /// The transaction that was sent last is sent with this changed.
    Forge {
        what: u8,
    },
}

pub(super) fn deed() -> impl Strategy<Value = Deed> {
    let number = any::<usize>;
    let amount = prop_oneof![0..1_000u64, 0..2_000_000_000_000u64, any::<u64>()];
    let step = prop_oneof![Just(0u64), 1..400u64, Just(500), Just(2_000), Just(6_000)];
    prop_oneof![
        7 => step.prop_map(|step| Deed::Block { step }),
        1 => Just(Deed::Turn),
        1 => (0..10u8).prop_map(|who| Deed::Lead { who }),
        6 => Just(Deed::Honest),
        1 => any::<bool>().prop_map(|failed| Deed::Bad { failed }),
        4 => Just(Deed::Beacon),
        1 => (0..60u64, any::<bool>()).prop_map(|(height, signed)| Deed::FalseBeacon { height, signed }),
        2 => (number(), number(), amount).prop_map(|(from, to, amount)| Deed::Transfer { from, to, amount }),
        6 => (number(), 0..6u32, 0..24_000u64, prop_oneof![8 => Just(u64::MAX), 1 => 0..1_000_000u64])
            .prop_map(|(user, cpus, compute, fee_max)| Deed::Run { user, cpus, compute, fee_max }),
        3 => (number(), number()).prop_map(|(user, which)| Deed::Cancel { user, which }),
        1 => (number(), 0..4u64).prop_map(|(user, fuel)| Deed::Deploy { user, fuel }),
        8 => (proptest::option::weighted(0.2, number()), number(), 0..3u16, 0..6u8)
            .prop_map(|(who, which, attempt, what)| Deed::Say { who, which, attempt, what }),
        5 => (number(), 0..3u8, prop_oneof![Just(0xffu8), Just(0b1_0111), any::<u8>()], 0..6u8, any::<bool>()).prop_map(
            |(which, verdict, signers, about, bundle)| Deed::Settle { which, verdict, signers, about, bundle }
        ),
        5 => members(),
        1 => number().prop_map(|which| Deed::Replay { which }),
        1 => (0..5u8).prop_map(|what| Deed::Forge { what }),
    ]
}

/// What provers and validators do besides proving.
fn members() -> impl Strategy<Value = Deed> {
    let number = any::<usize>;
    let bond = prop_oneof![Just(UNIT.0), 0..4 * UNIT.0, any::<u64>()];
    let cpus = || prop_oneof![6 => 1..6u32, 1 => Just(0), 1 => any::<u32>()];
    prop_oneof![
        3 => (prop_oneof![3 => Just(u16::MAX), 1 => any::<u16>()], proptest::bool::weighted(0.1))
            .prop_map(|(who, late)| Deed::Beat { who, late }),
        3 => (number(), any::<bool>(), bond).prop_map(|(who, back, amount)| Deed::Stake { who, back, amount }),
        2 => (number(), cpus(), proptest::bool::weighted(0.9))
            .prop_map(|(who, cpus, possessed)| Deed::Register { who, cpus, possessed }),
        2 => (number(), proptest::option::of(cpus()), proptest::option::of(proptest::bool::weighted(0.3)))
            .prop_map(|(who, cpus, drain)| Deed::Update { who, cpus, drain }),
        2 => number().prop_map(|who| Deed::Return { who }),
        2 => (number(), 0..8u8).prop_map(|(who, what)| Deed::Vote { who, what }),
        3 => (number(), number(), 0..3u8, 0..6u8, any::<bool>())
            .prop_map(|(who, which, kind, truth, send)| Deed::Accuse { who, which, kind, truth, send }),
    ]
}
