//! Every bound of the protocol, with the relations between bounds checked when this crate is compiled.
//!
//! Sizes are in bytes unless the name says otherwise. Genesis parameters may lower some of them, never raise them.

/// Inline bytes of one input of a run (rule 2).
pub const INPUT_INLINE_MAX: usize = 4 * 1024;
/// Inputs of a run.
pub const INPUTS_MAX: usize = 16;
/// Arguments of a run.
pub const ARGUMENTS_MAX: usize = 4 * 1024;
/// A short text: a program's name, a proof system's name, a reason.
pub const TEXT_MAX: usize = 128;
/// One encoded transaction.
pub const TRANSACTION_MAX: usize = 80 * 1024;
/// One encoded message of a prover.
pub const PROVER_MESSAGE_MAX: usize = 1024;
/// A proof and its public values together (rule 9).
pub const PROOF_MAX: u64 = 64 * 1024 * 1024;
/// A proof that stands in the block itself (rule 11).
pub const PROOF_INLINE_MAX: usize = 16 * 1024;
/// A blob.
pub const BLOB_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// A program's artifact that is WebAssembly: it is compiled in memory. Others are blobs like any.
pub const ARTIFACT_MAX: u64 = 64 * 1024 * 1024;
/// The log of a prover that is kept.
pub const LOG_MAX: usize = 64 * 1024;

/// Members of a verdict set.
pub const PROVERS_MAX: usize = 128;
/// Bytes of a bitmap over a verdict set.
pub const BITMAP_MAX: usize = PROVERS_MAX.div_ceil(8);
/// Capacity units, which are tickets, of one prover.
pub const UNITS_MAX: u32 = 256;
/// Validators that genesis can name.
pub const VALIDATORS_MAX: usize = 64;
/// Provers that are registered at once.
pub const REGISTERED_MAX: usize = 1024;
/// Parts of one bond that wait to be paid back.
pub const UNBONDINGS_MAX: usize = 8;
/// Misses of one prover that are kept.
pub const MISSES_MAX: usize = 32;
/// A parameter's name.
pub const NAME_MAX: usize = 32;
/// Changes of parameters in one vote.
pub const CHANGES_MAX: usize = 8;
/// Accounts that genesis can fund.
pub const GENESIS_ACCOUNTS_MAX: usize = 1024;

/// The longest step of chain time that genesis can allow, in milliseconds.
pub const STEP_LONGEST_MS: u64 = 600_000;
/// Draws of one workload, accepted or not: then it expires.
pub const DRAWS_MAX: usize = 16;
/// Blobs that one workload needs: its inputs, and a proof and a log of each draw.
pub const HELD_MAX: usize = INPUTS_MAX + 2 * DRAWS_MAX;
/// Draws in one block (rule 6).
pub const DRAWS_PER_BLOCK_MAX: usize = 64;
/// Beacons in one block.
pub const BEACONS_PER_BLOCK: usize = 16;
/// Prover messages in one block: the reserved room of rule 1.
pub const PROVER_MESSAGES_PER_BLOCK: usize = 512;
/// Heartbeats in one block.
pub const HEARTBEATS_PER_BLOCK: usize = 128;
/// Pieces of evidence in one block, those in transactions counted: each costs pairings.
pub const EVIDENCE_PER_BLOCK: usize = 16;
/// Settlements in one block.
pub const SETTLEMENTS_PER_BLOCK: usize = 64;
/// Transactions in one block.
pub const TRANSACTIONS_PER_BLOCK: usize = 4096;
/// One encoded body of a block.
pub const BODY_MAX: usize = 4 * 1024 * 1024;
/// Workloads whose time has come that one block moves on; the rest follow in the next.
pub const DUE_PER_BLOCK: usize = 256;
/// Entries of what is due that one block looks at: most may be of workloads that moved on before. More than a block can bring
/// about by runs that are cancelled at once, one in two of its transactions.
pub const DUE_LOOKS_PER_BLOCK: usize = TRANSACTIONS_PER_BLOCK;
/// Buckets of due workloads that one block looks into.
pub const DUE_BUCKETS_PER_BLOCK: u64 = 4096;
/// Heights whose beacons are wanted at once: no further draws are fixed until some come in.
pub const BEACONS_WANTED_MAX: u64 = 64;
/// Places of the queue that one block looks at for each draw it may fix.
pub const QUEUE_VISITS_PER_DRAW: u64 = 2;
/// Places of the queue whose workloads have ended that one block passes over besides: more than a block can bring about.
pub const QUEUE_ENDED_PER_BLOCK: u64 = TRANSACTIONS_PER_BLOCK as u64 / 2;
/// Events that one block leaves for members.
pub const EVENTS_PER_BLOCK: usize = 9 * 1024;
/// Movements of money on one page of a block's record of them.
pub const MOVEMENTS_PER_PAGE: usize = 8 * 1024;

/// Entries of one page of the state.
pub const PAGE_ENTRIES: usize = 128;
/// Workloads that live at once.
pub const LIVE_WORKLOADS_MAX: u64 = 1 << 20;
/// One value in the state.
pub const VALUE_MAX: usize = 1024 * 1024;

/// One gossiped message between members.
pub const GOSSIP_MAX: usize = 100 * 1024;
/// Bytes of a blob that one message carries, without the hashes that prove them.
pub const PART_BYTES: u64 = 256 * 1024;
/// One encoded part of a blob, hashes included.
pub const PART_MAX: usize = 300 * 1024;
/// Parts of the largest blob.
pub const PARTS_MAX: u32 = (BLOB_MAX / PART_BYTES) as u32;
/// From this size on a blob is fetched from the APIs of provers, and part by part from peers only where that fails.
pub const LARGE_BLOB_BYTES: u64 = 4 * 1024 * 1024;
/// Addresses at which one blob is looked for.
pub const SOURCES_MAX: usize = PROVERS_MAX;
/// Bytes of all transactions in a mempool.
pub const MEMPOOL_BYTES: usize = 32 * 1024 * 1024;
/// Transactions of one sender in a mempool.
pub const MEMPOOL_PER_SENDER: usize = 256;

const _: () = {
    assert!(INPUTS_MAX * INPUT_INLINE_MAX + ARGUMENTS_MAX + 4096 < TRANSACTION_MAX);
    assert!(TRANSACTION_MAX < GOSSIP_MAX);
    assert!(PROVER_MESSAGES_PER_BLOCK * PROVER_MESSAGE_MAX < BODY_MAX / 4);
    assert!(SETTLEMENTS_PER_BLOCK * (PROOF_INLINE_MAX + 1024) < BODY_MAX / 2);
    assert!(PART_BYTES as usize + 16 * 1024 < PART_MAX);
    assert!(PARTS_MAX as u64 * PART_BYTES == BLOB_MAX);
    assert!(LARGE_BLOB_BYTES >= PART_BYTES);
    assert!(PROVERS_MAX <= BITMAP_MAX * 8);
    assert!(DRAWS_MAX < u16::MAX as usize);
    assert!(TRANSACTION_MAX < VALUE_MAX);
    // One event for each entry and each draw, two where an attempt's end may end its workload too or a test begins, one for
    // the epoch and the beacon that is wanted, one for each slash, and for each prover jailed or tested; 112 bytes hold the
    // longest.
    assert!(
        TRANSACTIONS_PER_BLOCK
            + 2 * (PROVER_MESSAGES_PER_BLOCK + SETTLEMENTS_PER_BLOCK + DUE_PER_BLOCK)
            + BEACONS_PER_BLOCK * (DRAWS_PER_BLOCK_MAX + 1)
            + 2 * SETTLEMENTS_PER_BLOCK
            + EVIDENCE_PER_BLOCK
            + 2 * REGISTERED_MAX
            + 2
            < EVENTS_PER_BLOCK
    );
    assert!(EVENTS_PER_BLOCK * 112 < VALUE_MAX);
    assert!(MOVEMENTS_PER_PAGE * 96 < VALUE_MAX);
    assert!(REGISTERED_MAX * 32 < VALUE_MAX);
    assert!((HEARTBEATS_PER_BLOCK * 256 + EVIDENCE_PER_BLOCK * 2 * PROVER_MESSAGE_MAX) < BODY_MAX / 16);
    // A block can always do one page of what is due, and the longest step of chain time adds fewer buckets than it looks into.
    assert!(DUE_PER_BLOCK >= PAGE_ENTRIES && DUE_LOOKS_PER_BLOCK >= DUE_PER_BLOCK);
    assert!(STEP_LONGEST_MS / crate::state_key::DUE_BUCKET_MS < DUE_BUCKETS_PER_BLOCK);
};
