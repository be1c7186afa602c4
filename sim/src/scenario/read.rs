//! Reads scenarios: a line is a sentence, and the first word of a sentence says what it is.
//!
//! - *Given* says who takes part and how; *At* and *When* say who does what; *Then* says what must be true in the end.
//! - Lines that begin with `#` are for people, the first of them says what the scenario shows.
//!
//! The sentences that are understood are the patterns below.

use super::{Claim, Deed, Fact, NodePlan, Scenario, Step, When, Who, params};
use crate::{byzantine::Habit, toy::Kind};
use engine_sim::{Fault, Link};
use std::{str::FromStr, time::Duration};
use types::{Amount, params::PARAMETERS, registry::Role};

/// A sentence that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{scenario}, line {line}: {why}")]
pub struct Unread {
    /// The scenario.
    pub scenario: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// A part of a sentence, or what is wrong with it.
pub(super) type Part<T> = Result<T, String>;

/// Reads a scenario.
///
/// # Errors
/// Names the first line that is not understood.
pub fn read(name: &str, text: &str) -> Result<Scenario, Unread> {
    let mut reader = Reader(Scenario {
        name: name.to_owned(),
        about: String::new(),
        nodes: Vec::new(),
        params: params(),
        link: Link::GOOD,
        faults: Vec::new(),
        steps: Vec::new(),
        claims: Vec::new(),
    });
    for (number, line) in text.lines().enumerate() {
        let unread = |why| Unread { scenario: name.to_owned(), line: number + 1, why };
        reader.line(line.trim()).map_err(unread)?;
    }
    Ok(reader.0)
}

/// The scenario as far as it was read.
pub(super) struct Reader(Scenario);

impl Reader {
    fn line(&mut self, line: &str) -> Part<()> {
        if let Some(remark) = line.strip_prefix('#') {
            if self.0.about.is_empty() {
                remark.trim().clone_into(&mut self.0.about);
            }
            return Ok(());
        }
        if line.is_empty() { Ok(()) } else { self.sentence(line) }
    }

    fn sentence(&mut self, line: &str) -> Part<()> {
        let line = line.strip_suffix('.').ok_or("a sentence ends with a full stop")?;
        let (first, rest) = line.split_once(' ').ok_or("a sentence has more than one word")?;
        match first {
            "Given" => self.given(rest),
            "At" => self.at(rest),
            "When" => {
                let (facts, deed) = rest.split_once(", ").ok_or("a comma follows what is waited for")?;
                let facts = facts.split(" and ").map(|fact| Fact::read(fact, self)).collect::<Part<_>>()?;
                self.step(When::Once(facts), deed)
            }
            "Then" => {
                let fact = Fact::read(rest, self)?;
                self.0.claims.push(Claim { text: rest.to_owned(), fact });
                Ok(())
            }
            _ => Err("a sentence begins with Given, At, When or Then".into()),
        }
    }

    /// Who takes part, and how.
    fn given(&mut self, text: &str) -> Part<()> {
        match words(text)[..] {
            [count, "nodes", "with", cpus, "cores", "each"] => {
                self.0.nodes = vec![NodePlan::new(number(cpus)?); number(count)?];
            }
            ["node", node, "has", cpus, "cores"] => self.plan(node)?.cpus = number(cpus)?,
            ["node", node, "is", "no", "prover", "yet"] => self.plan(node)?.is_prover = false,
            ["node", node, "has", "a", "bond", "of", amount, "LEM"] => self.plan(node)?.bond = lem(amount)?,
            ["node", node, ref habit @ ..] => {
                let habit = habit.join(" ");
                self.plan(node)?.habit = Habit::read(&habit).ok_or(format!("nothing is known of who {habit:?}"))?;
            }
            [name, "is", ref value @ ..] => {
                let parameter = parameter(name)?;
                self.0.params.set(parameter, self::value(value)?);
            }
            _ => return Err(format!("not understood: {text:?}")),
        }
        Ok(())
    }

    /// Something at a time.
    fn at(&mut self, text: &str) -> Part<()> {
        let words = words(text);
        let [count, unit, rest @ ..] = &words[..] else { return Err("a time has a number and a unit".into()) };
        let at = duration(count, unit)?;
        match rest {
            ["node", node, "loses", "power", "for", count, unit] => {
                let (node, down) = (self.node(node)?, duration(count, unit)?);
                self.0.faults.push(Fault::Crash { at, node, down });
            }
            ["all", "nodes", "lose", "power", "for", count, unit] => {
                let down = duration(count, unit)?;
                let all = 0..self.0.nodes.len();
                self.0.faults.extend(all.map(|node| Fault::Crash { at, node, down }));
            }
            _ => return self.step(When::At(at), &rest.join(" ")),
        }
        Ok(())
    }

    /// Somebody does something, or several do.
    fn step(&mut self, when: When, text: &str) -> Part<()> {
        let done: Vec<(Who, Deed)> = match &words(text)[..] {
            ["user", user, "runs", count, "programs", how @ ..] => {
                let (who, (cpus, kind)) = (Who::User(number(user)?), how_it_runs(how)?);
                let run = |one| (who, Deed::Run { name: format!("{user}/{one}"), kind, cpus });
                (1..=number::<usize>(count)?).map(run).collect()
            }
            ["all", "but", "node", node, "drain"] => self.others(node, &Deed::Drain(true))?,
            ["all", "but", "node", node, "take", "work", "again"] => self.others(node, &Deed::Drain(false))?,
            words => vec![self.deed(words)?],
        };
        self.0.steps.extend(done.into_iter().map(|(who, deed)| Step { when: when.clone(), who, deed }));
        Ok(())
    }

    /// The provers of all nodes but one do the same.
    fn others(&self, node: &str, deed: &Deed) -> Part<Vec<(Who, Deed)>> {
        let node = self.node(node)?;
        let others = (0..self.0.nodes.len()).filter(|other| *other != node);
        Ok(others.map(|other| (Who::Prover(other), deed.clone())).collect())
    }

    fn deed(&self, words: &[&str]) -> Part<(Who, Deed)> {
        let prover = |node: &str| self.node(node).map(Who::Prover);
        Ok(match words {
            ["user", user, "runs", name, how @ ..] => {
                let (cpus, kind) = how_it_runs(how)?;
                (Who::User(number(user)?), Deed::Run { name: (*name).to_owned(), kind, cpus })
            }
            ["user", user, "cancels", name] => (Who::User(number(user)?), Deed::Cancel { name: self.run(name)? }),
            ["node", node, "drains"] => (prover(node)?, Deed::Drain(true)),
            ["node", node, "takes", "work", "again"] => (prover(node)?, Deed::Drain(false)),
            ["node", node, "registers", "with", cpus, "cores"] => (prover(node)?, Deed::Register(number(cpus)?)),
            ["node", node, "declares", cpus, "cores"] => (prover(node)?, Deed::Declare(number(cpus)?)),
            ["node", node, "returns", "from", "jail"] => (prover(node)?, Deed::Return),
            ["node", node, "bonds", amount, "LEM", "as", "a", role] => {
                let (role, who) = self.role(role, node)?;
                (who, Deed::Bond(role, lem(amount)?))
            }
            ["node", node, "takes", "back", amount, "LEM", "as", "a", role] => {
                let (role, who) = self.role(role, node)?;
                (who, Deed::Unbond(role, lem(amount)?))
            }
            ["node", node, "votes", "for", name, value @ ..] => {
                let (parameter, value) = (parameter(name)?.to_owned(), self::value(value)?);
                (Who::Validator(self.node(node)?), Deed::Vote { parameter, value })
            }
            _ => return Err(format!("not understood: {:?}", words.join(" "))),
        })
    }

    fn role(&self, role: &str, node: &str) -> Part<(Role, Who)> {
        let node = self.node(node)?;
        match role {
            "prover" => Ok((Role::Prover, Who::Prover(node))),
            "validator" => Ok((Role::Validator, Who::Validator(node))),
            _ => Err(format!("{role:?} is no role")),
        }
    }

    fn plan(&mut self, node: &str) -> Part<&mut NodePlan> {
        let node = self.node(node)?;
        Ok(&mut self.0.nodes[node])
    }

    /// A node that there is.
    pub(super) fn node(&self, node: &str) -> Part<usize> {
        let there = |node: &usize| *node < self.0.nodes.len();
        number(node).ok().filter(there).ok_or(format!("there is no node {node}"))
    }

    /// A run that a line before this one named.
    pub(super) fn run(&self, name: &str) -> Part<String> {
        let is_it = |step: &Step| matches!(&step.deed, Deed::Run { name: other, .. } if other == name);
        if self.0.steps.iter().any(is_it) { Ok(name.to_owned()) } else { Err(format!("there is no run {name}")) }
    }
}

/// The words of a sentence, without commas.
pub(super) fn words(text: &str) -> Vec<&str> {
    text.split([' ', ',']).filter(|word| !word.is_empty()).collect()
}

pub(super) fn number<T: FromStr>(text: &str) -> Part<T> {
    text.parse().map_err(|_| format!("{text:?} is no number that fits"))
}

fn lem(text: &str) -> Part<Amount> {
    text.parse().map_err(|error| format!("{error}"))
}

fn duration(count: &str, unit: &str) -> Part<Duration> {
    let seconds = match unit {
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3_600.0,
        _ => return Err(format!("{unit:?} is no unit of time")),
    };
    Ok(Duration::from_secs_f64(number::<f64>(count)? * seconds))
}

/// The name of a parameter.
pub(super) fn parameter(name: &str) -> Part<&'static str> {
    let known = PARAMETERS.iter().find(|parameter| parameter.name == name);
    known.map(|parameter| parameter.name).ok_or(format!("not understood: {name:?}"))
}

/// The value of a parameter: a number, a time or an amount.
pub(super) fn value(words: &[&str]) -> Part<u64> {
    match words {
        [value] => number(value),
        [amount, "LEM"] => lem(amount).map(|amount| amount.0),
        [count, unit] => duration(count, unit).map(|duration| duration.as_millis() as u64),
        _ => Err(format!("{words:?} is no value")),
    }
}

/// On how many cores a program runs, and what it does.
fn how_it_runs(words: &[&str]) -> Part<(u32, Kind)> {
    let (cpus, rest) = match words {
        ["on", cpus, "cores", rest @ ..] => (number(cpus)?, rest),
        rest => (1, rest),
    };
    match rest {
        [] => Ok((cpus, Kind::Proves)),
        ["which", "never", "ends"] => Ok((cpus, Kind::Loops)),
        ["which", "takes", "long"] => Ok((cpus, Kind::Lasts)),
        _ => Err(format!("not understood: {:?}", rest.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::byzantine::Habit;

    const TEXT: &str = "# What it shows.\n\nGiven 4 nodes with 2 cores each.\nGiven node 3 never answers.\n\
        Given accept_window is 2 s.\nAt 1.5 s user 0 runs A on 4 cores, which never ends.\n\
        When A is proving and nothing is offered, user 0 cancels A.\nAt 1 min all nodes lose power for 1 h.\nThen A is cancelled.\n";

    #[test]
    fn sentences_are_understood() {
        let read = read("sample", TEXT).expect("a scenario");
        assert_eq!(read.about, "What it shows.");
        assert_eq!((read.nodes.len(), read.nodes[3].habit), (4, Habit::Silent));
        assert_eq!(read.params.accept_window.0, 2_000);
        assert_eq!(read.steps[0].deed, Deed::Run { name: "A".into(), kind: Kind::Loops, cpus: 4 });
        assert_eq!(read.steps[0].when, When::At(Duration::from_millis(1_500)));
        assert!(matches!(&read.steps[1].when, When::Once(facts) if facts.len() == 2));
        assert_eq!(read.faults.len(), 4);
        assert_eq!(read.faults_end(), Duration::from_secs(3_660));
        assert_eq!(read.claims[0].text, "A is cancelled");
    }

    #[test]
    fn what_is_not_understood_is_named_by_its_line() {
        let line = |text: &str| read("sample", text).expect_err("no scenario").line;
        assert_eq!(line("Given 4 nodes with 2 cores each.\nGiven node 4 has 2 cores."), 2);
        assert_eq!(line("Given 4 nodes with 2 cores each.\n\nAt 1 s user 0 sleeps."), 3);
        for text in ["Given accept_windows is 1.", "Then A is verified.", "At 1 day user 0 runs A.", "Nothing."] {
            assert_eq!(line(text), 1, "{text}");
        }
        assert_eq!(line("Given 4 nodes with 2 cores each"), 1);
    }
}
