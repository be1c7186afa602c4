//! The engine on virtual time: many nodes in one thread, with slow and lossy links, crashes and torn writes, from one seed.
//!
//! What runs is the engine itself, wired as the real one is; only runtime, network and disks are simulated. The same [`Plan`]
//! and the same [`World`] give the same [`Report`], hash included. A node that crashes loses what it had not made durable; a
//! [`Fault::Blackout`] takes the power from all nodes in the middle of their writes, some of which survive in part.
//!
//! ```no_run
//! # use engine_sim::*;
//! # fn world() -> Box<dyn World> { unimplemented!() }
//! let plan = Plan::local(4, 7);
//! let report = run(&plan, world().as_mut())?;
//! assert_eq!(report.hash, run(&plan, world().as_mut())?.hash);
//! # Ok::<(), Violation>(())
//! ```
#![deny(missing_docs)]

mod net;
mod plan;
mod run;

pub use plan::{Checking, Crew, Fault, Link, Node, Plan, Report, Verdict, View, Violation, World};
pub use run::run;
