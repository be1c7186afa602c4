//! Consensus, p2p and storage: agrees on blocks, keeps the authenticated state and moves messages for a member.
//!
//! It knows blocks, keys and messages, not what they mean: that is behind the traits of [`ports`]. Everything is generic
//! over the runtime and instantiated twice, here on real sockets ([`start`]) and in `engine-sim` on virtual time.
//!
//! # The journey of a block
//!
//! 1. Consensus names a leader by the threshold VRF. `pacing` asks the member for candidates (`proposals`) and waits as
//!    long as the member does, or until consensus passes over the view.
//! 2. `application` runs the state machine over the candidates (`execution`, `state`), sets chain time
//!    (`chain_time`) and puts the roots into the header (`block`). The resharing may add a payload.
//! 3. The others fetch the block, wait until its time has passed for them too (`pacing`), execute it and compare both
//!    roots (`application`). A block that breaks a permanent rule is refused; a clock never refuses.
//! 4. Two thirds of the committee finalize. The chain hands final blocks on in order; the state is applied, and the member
//!    hears of it (`events`, `member`) with what the block left under its outcome key.
//! 5. The member's outbox is drained in order (`member`): what it persists is durable (`journal`) before any later
//!    message leaves. Beacon shares are signed with the share of the epoch, which stays in `schemes` and `secrets`.
//! 6. At the end of an epoch the last block names the next committee (`committee`), whose shares were renewed meanwhile;
//!    the group key stays.
//! 7. Anybody may ask for a value with its proof, the header and the certificate (`questions`, `evidence`).

mod application;
mod block;
mod chain;
mod chain_time;
pub mod channels;
mod committee;
mod deal;
mod error;
mod events;
mod evidence;
mod execution;
mod genesis;
mod journal;
mod member;
mod pacing;
mod peers;
mod presence;
mod proposals;
mod questions;
mod real;
mod schemes;
mod secrets;
mod state;
mod status;
pub mod wiring;

pub use chain::Runtime;
pub use deal::{deal, group_key, public_key};
pub use error::StartError;
pub use questions::{Clerk, Desk, desk};
pub use real::start;
