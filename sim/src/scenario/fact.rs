//! What can be true of a network, in a sentence each: what steps wait for, and what scenarios claim.

use super::read::{Part, Reader, number, parameter, value, words};
use crate::past::Past;
use types::{
    Amount, ChainEvent, Quote, State, Workload,
    offence::Offence,
    record::{Cause, Prover},
};

/// Something that is true or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A run is in a state.
    Is {
        /// The run.
        run: String,
        /// The state.
        state: State,
    },
    /// A prover was drawn for a run.
    Drawn(String),
    /// All runs are in a state.
    AllAre(State),
    /// All runs have ended.
    AllEnded,
    /// A run had just these attempts, each with its end and the node whose prover it was, if that is said.
    Attempts {
        /// The run.
        run: String,
        /// The attempts.
        ends: Vec<(String, Option<usize>)>,
    },
    /// A run's locked fee went back to its user.
    Refunded(String),
    /// A run's compute fee was burned, and the rest went back.
    Burned(String),
    /// A run's compute fee was halved between prover and user.
    Halved(String),
    /// A later verdict set took over for a run.
    Renewed(String),
    /// A user got some of a slashed bond for a run.
    Compensated {
        /// The user.
        user: usize,
        /// The run.
        run: String,
    },
    /// A node's prover was slashed for something.
    Slashed {
        /// The node.
        node: usize,
        /// For what.
        offence: Offence,
    },
    /// A node's prover is in jail, or not.
    Jailed {
        /// The node.
        node: usize,
        /// Whether.
        jailed: bool,
    },
    /// A prover accepted after its window, and it counted.
    AcceptedLate,
    /// So much counts towards jail.
    Misses {
        /// The node.
        node: usize,
        /// How many.
        count: usize,
    },
    /// Nobody was slashed or jailed, and nothing counts towards jail.
    NobodyPunished,
    /// A node's prover has so many tested cores.
    Tested {
        /// The node.
        node: usize,
        /// How many.
        cpus: u32,
    },
    /// A node's prover is in the verdict set, or not.
    Member {
        /// The node.
        node: usize,
        /// Whether.
        member: bool,
    },
    /// A node's prover was jailed, and is in the verdict set again.
    Back(usize),
    /// Nothing is left of the bond of a node's prover.
    NoBond(usize),
    /// A node's validator was named for the epoch, or not.
    Seated {
        /// The node.
        node: usize,
        /// Whether.
        seated: bool,
    },
    /// A node's validator signs, or not.
    Signs {
        /// The node.
        node: usize,
        /// Whether.
        signs: bool,
    },
    /// A parameter is in force.
    Parameter {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: u64,
    },
    /// An epoch has begun.
    Epoch(u64),
    /// The compute price rose from one epoch to the next.
    PriceRose,
    /// The compute price fell after it rose.
    PriceFell,
    /// No active prover offers anything.
    NothingOffered,
    /// No active prover but that of a node offers anything.
    OnlyOffers(usize),
}

impl Fact {
    /// Reads a fact.
    pub(super) fn read(text: &str, reader: &Reader) -> Part<Self> {
        if let Some((run, attempts)) = text.split_once("'s attempts are ") {
            let ends = attempts.split(", ").map(|attempt| self::attempt(attempt, reader)).collect::<Part<_>>()?;
            return Ok(Self::Attempts { run: reader.run(run)?, ends });
        }
        let words = words(text);
        if let ["node", node, rest @ ..] = &words[..] {
            return Self::of_node(reader.node(node)?, rest).ok_or(format!("not understood: {text:?}"));
        }
        Ok(match words[..] {
            ["all", "runs", "are", state] => Self::AllAre(self::state(state)?),
            ["some", "run", "is", "accepted", "late"] => Self::AcceptedLate,
            ["all", "runs", "have", "ended"] => Self::AllEnded,
            ["nobody", "is", "punished"] => Self::NobodyPunished,
            ["only", "node", node, "offers", "cores"] => Self::OnlyOffers(reader.node(node)?),
            ["nothing", "is", "offered"] => Self::NothingOffered,
            ["the", "price", "has", "risen"] => Self::PriceRose,
            ["the", "price", "has", "fallen", "again"] => Self::PriceFell,
            ["epoch", epoch, "has", "begun"] => Self::Epoch(number(epoch)?),
            ["user", user, "is", "compensated", "for", run] => {
                Self::Compensated { user: number(user)?, run: reader.run(run)? }
            }
            [run, "is", "refunded", "in", "full"] => Self::Refunded(reader.run(run)?),
            [run, "is", "judged", "by", "a", "later", "set"] => Self::Renewed(reader.run(run)?),
            ["the", "compute", "fee", "of", run, "is", "burned"] => Self::Burned(reader.run(run)?),
            ["the", "compute", "fee", "of", run, "is", "halved"] => Self::Halved(reader.run(run)?),
            [run, "is", "drawn"] => Self::Drawn(reader.run(run)?),
            [run, "is", word] if reader.run(run).is_ok() => Self::Is { run: run.to_owned(), state: self::state(word)? },
            [name, "is", ref words @ ..] => Self::Parameter { name: parameter(name)?, value: value(words)? },
            _ => return Err(format!("not understood: {text:?}")),
        })
    }

    fn of_node(node: usize, words: &[&str]) -> Option<Self> {
        Some(match words {
            ["is", "jailed"] => Self::Jailed { node, jailed: true },
            ["is", "not", "jailed"] => Self::Jailed { node, jailed: false },
            ["has", "a", "seat"] => Self::Seated { node, seated: true },
            ["has", "no", "seat"] => Self::Seated { node, seated: false },
            ["signs"] => Self::Signs { node, signs: true },
            ["does", "not", "sign"] => Self::Signs { node, signs: false },
            ["has", "no", "bond", "left"] => Self::NoBond(node),
            ["is", "in", "the", "verdict", "set"] => Self::Member { node, member: true },
            ["is", "not", "in", "the", "verdict", "set"] => Self::Member { node, member: false },
            ["is", "back", "in", "the", "verdict", "set"] => Self::Back(node),
            ["has", count, "misses"] => Self::Misses { node, count: count.parse().ok()? },
            ["has", cpus, "tested", "cores"] => Self::Tested { node, cpus: cpus.parse().ok()? },
            ["is", "slashed", "for", "a", "rejected", "proof"] => {
                Self::Slashed { node, offence: Offence::RejectedProof }
            }
            ["is", "slashed", "for", "a", "false", "verdict"] => Self::Slashed { node, offence: Offence::FalseVerdict },
            ["is", "slashed", "for", "two", "verdicts"] => Self::Slashed { node, offence: Offence::TwoVerdicts },
            ["is", "slashed", "for", "two", "announcements"] => {
                Self::Slashed { node, offence: Offence::TwoAnnouncements }
            }
            _ => return None,
        })
    }

    /// Whether it is true, as far as the last look at the network knows.
    #[must_use]
    pub fn holds(&self, past: &Past) -> bool {
        match self {
            Self::Is { run, state } => past.run(run).is_some_and(|workload| workload.state == *state),
            Self::Drawn(run) => past.run(run).is_some_and(|workload| !workload.attempts.is_empty()),
            Self::AllAre(state) => past.runs().all(|run| run.is_some_and(|workload| workload.state == *state)),
            Self::AllEnded => past.runs().all(|run| run.is_some_and(|workload| workload.state.is_end())),
            Self::Attempts { run, ends } => past.run(run).is_some_and(|workload| had(past, workload, ends)),
            Self::Refunded(run) => paid(past, run, |fee| Some((Amount::ZERO, fee.total()?))),
            Self::Burned(run) => paid(past, run, |fee| Some((Amount::ZERO, fee.verification))),
            Self::Halved(run) => paid(past, run, |fee| {
                let half = fee.compute.share(1, 2)?;
                Some((half, fee.total()?.minus(half)?))
            }),
            Self::Renewed(run) => {
                let id = past.names.get(run);
                past.events
                    .iter()
                    .any(|event| matches!(event, ChainEvent::Renewed { workload, .. } if Some(workload) == id))
            }
            Self::Compensated { user, run } => compensated(past, *user, run),
            Self::Slashed { node, offence } => past.events.iter().any(|event| {
                matches!(event, ChainEvent::Slashed { prover, offence: other, amount, .. }
                    if *prover == past.provers[*node] && other == offence && *amount > Amount::ZERO)
            }),
            Self::AcceptedLate => past.runs().flatten().any(|run| is_late(past, run)),
            Self::NobodyPunished => nobody_punished(past),
            Self::Jailed { node, jailed } => of(past, *node, |prover| prover.jailed.is_some() == *jailed),
            Self::Misses { node, count } => of(past, *node, |prover| prover.misses.len() == *count),
            Self::Tested { node, cpus } => of(past, *node, |prover| prover.capacity.cpus == *cpus),
            Self::Member { node, member } => of(past, *node, |prover| prover.member == *member),
            Self::Back(node) => {
                let was_jailed = |event: &ChainEvent| matches!(event, ChainEvent::Jailed { prover, .. } if *prover == past.provers[*node]);
                past.events.iter().any(was_jailed) && of(past, *node, |prover| prover.member && prover.jailed.is_none())
            }
            Self::NoBond(node) => of(past, *node, |prover| prover.bond == Amount::ZERO && prover.unbonding.is_empty()),
            Self::Seated { node, seated } => past.is_seated(*node) == Some(*seated),
            Self::Signs { node, signs } => past.signs(*node) == Some(*signs),
            Self::Parameter { name, value } => {
                past.last.as_ref().is_some_and(|state| state.meta.params.get(name) == Some(*value))
            }
            Self::Epoch(epoch) => past.last.as_ref().is_some_and(|state| state.meta.epoch >= *epoch),
            Self::PriceRose => rises(past).is_some(),
            Self::PriceFell => {
                rises(past).is_some_and(|at| past.prices()[at..].windows(2).any(|pair| pair[1] < pair[0]))
            }
            Self::NothingOffered => past.last.as_ref().is_some_and(|state| state.meta.units_offered == 0),
            Self::OnlyOffers(node) => only_offers(past, *node),
        }
    }
}

fn state(word: &str) -> Part<State> {
    use State::{Allocated, Cancelled, Expired, Failed, Proved, Proving, Queued, Verified};
    let all = [Queued, Allocated, Proving, Proved, Verified, Failed, Cancelled, Expired];
    all.into_iter().find(|state| state.word() == word).ok_or(format!("{word:?} is no state"))
}

/// An attempt: how it ended, and perhaps whose it was.
fn attempt(text: &str, reader: &Reader) -> Part<(String, Option<usize>)> {
    const ENDS: [&str; 8] =
        ["silent", "handed-back", "failed", "missed", "valid", "rejected", "unavailable", "undecided"];
    let (end, node) = match words(text)[..] {
        [end] => (end, None),
        [end, "by", "node", node] => (end, Some(reader.node(node)?)),
        _ => return Err(format!("not understood: {text:?}")),
    };
    if ENDS.contains(&end) { Ok((end.to_owned(), node)) } else { Err(format!("no attempt ends {end:?}")) }
}

/// Whether a workload had just these attempts.
fn had(past: &Past, workload: &Workload, ends: &[(String, Option<usize>)]) -> bool {
    let is = |(attempt, (end, node)): (&types::Attempt, &(String, Option<usize>))| {
        let by = node.is_none_or(|node| attempt.prover == past.provers[node]);
        by && attempt.end.as_ref().is_some_and(|(_, other)| other.word() == end)
    };
    workload.attempts.len() == ends.len() && workload.attempts.iter().zip(ends).all(is)
}

/// Whether this much went to the prover for computing, and this much back to the user.
fn paid(past: &Past, run: &str, parts: impl Fn(&Quote) -> Option<(Amount, Amount)>) -> bool {
    let end = past.run(run).and_then(|workload| Some((parts(&workload.fee)?, workload.end?)));
    end.is_some_and(|((prover, user), end)| (prover, user) == (end.to_prover, end.refunded))
}

fn compensated(past: &Past, user: usize, run: &str) -> bool {
    let (Some(id), Some(account)) = (past.names.get(run), past.users.get(user)) else { return false };
    let mut movements = past.movements.iter();
    movements.any(|movement| {
        let what = (movement.cause, movement.account, movement.about, movement.got);
        what == (Cause::Compensation, *account, Some(id.0), true) && movement.amount > Amount::ZERO
    })
}

/// Whether an attempt at a workload was accepted after its window: while blocks of f + 1 leaders were still to come.
fn is_late(past: &Past, workload: &Workload) -> bool {
    let window = past.last.as_ref().map(|state| state.meta.params.accept_window).unwrap_or_default();
    let late = |attempt: &types::Attempt| {
        attempt.accepted.is_some_and(|accepted| accepted.time > attempt.drawn.time.after(window))
    };
    workload.attempts.iter().any(late)
}

fn nobody_punished(past: &Past) -> bool {
    let punishes = |event: &ChainEvent| matches!(event, ChainEvent::Slashed { .. } | ChainEvent::Jailed { .. });
    let counts = |prover: &Prover| !prover.misses.is_empty() || prover.tally.missed > 0;
    let provers = past.last.iter().flat_map(|state| &state.provers);
    !past.events.iter().any(punishes) && !provers.into_iter().any(counts)
}

fn only_offers(past: &Past, node: usize) -> bool {
    let Some(state) = &past.last else { return false };
    let active = |prover: &&Prover| prover.member && prover.active(state.meta.params.bond_per_unit).cpus > 0;
    state.provers.iter().filter(active).map(|prover| prover.account).eq([past.provers[node]])
}

fn of(past: &Past, node: usize, is: impl Fn(&Prover) -> bool) -> bool {
    past.prover(node).is_some_and(is)
}

/// The first epoch boundary at which the price rose.
fn rises(past: &Past) -> Option<usize> {
    past.prices().windows(2).position(|pair| pair[0] < pair[1])
}
