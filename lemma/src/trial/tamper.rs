//! Does the verifier refuse what was tampered with? One bit flipped, one byte more or less, at a time.

use executor::Verdict;
use serde::Serialize;

/// What was changed, and what the verifier said.
#[derive(Debug, Default, Serialize)]
pub struct Round {
    /// Changes of the proof and the public values that were refused.
    pub refused: usize,
    /// Changes of them that were accepted: someone else could announce the same proof in other bytes, or worse.
    pub accepted: Vec<String>,
    /// Changes of the statement that were refused.
    pub statements_refused: usize,
    /// Changes of the statement that were accepted: some of its bytes mean nothing.
    pub statements_accepted: Vec<String>,
    /// Changes on which this machine could give no verdict.
    pub undecided: usize,
}

/// Judges a proof, public values and a statement.
pub type Judge<'a> = &'a mut dyn FnMut(&[u8], &[u8], &[Vec<u8>]) -> Verdict;

/// What is judged: a proof, public values, and the statement.
#[derive(Clone)]
struct Case {
    parts: Vec<Vec<u8>>,
}

/// The proof, the public values; the rest is the statement.
const OWN: usize = 2;

/// Changes a good proof in `samples` places of each part and asks `judge` about each: proof, public values, statement.
pub fn tamper(proof: &[u8], public: &[u8], statement: &[Vec<u8>], samples: usize, judge: Judge<'_>) -> Round {
    let mut case = Case { parts: vec![proof.to_vec(), public.to_vec()] };
    case.parts.extend_from_slice(statement);
    let mut round = Round::default();
    for part in 0..case.parts.len() {
        let name = name(part);
        for (nth, at) in places(case.parts[part].len(), samples).into_iter().enumerate() {
            let bit = nth % 8;
            case.parts[part][at] ^= 1 << bit;
            round.note(part, format!("bit {bit} of byte {at} of {name} flipped"), &case.judged(judge));
            case.parts[part][at] ^= 1 << bit;
        }
        case.parts[part].push(0);
        round.note(part, format!("a zero byte after {name}"), &case.judged(judge));
        case.parts[part].pop();
        if let Some(last) = case.parts[part].pop() {
            round.note(part, format!("{name} without its last byte"), &case.judged(judge));
            case.parts[part].push(last);
        }
    }
    round
}

fn name(part: usize) -> String {
    match part {
        0 => "the proof".to_owned(),
        1 => "the public values".to_owned(),
        other => format!("statement {}", other - OWN),
    }
}

/// So many places of a row of bytes, evenly, with the first and the last.
fn places(bytes: usize, samples: usize) -> Vec<usize> {
    let count = bytes.min(samples);
    (0..count).map(|nth| nth * (bytes - 1) / (count - 1).max(1)).collect()
}

impl Case {
    fn judged(&self, judge: Judge<'_>) -> Verdict {
        judge(&self.parts[0], &self.parts[1], &self.parts[OWN..])
    }
}

impl Round {
    fn note(&mut self, part: usize, what: String, verdict: &Verdict) {
        match (verdict, part < OWN) {
            (Verdict::NoVerdict(_), _) => self.undecided += 1,
            (Verdict::Invalid(_), true) => self.refused += 1,
            (Verdict::Invalid(_), false) => self.statements_refused += 1,
            (Verdict::Valid, true) => self.accepted.push(what),
            (Verdict::Valid, false) => self.statements_accepted.push(what),
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut lines = vec![format!(
            "tampered with: {} of {} changes of the proof refused, {} of {} of the statement",
            self.refused,
            self.refused + self.accepted.len(),
            self.statements_refused,
            self.statements_refused + self.statements_accepted.len(),
        )];
        lines.extend(self.accepted.iter().map(|what| format!("  accepted: {what}")));
        lines.extend(self.statements_accepted.iter().map(|what| format!("  accepted, perhaps by right: {what}")));
        if self.undecided > 0 {
            lines.push(format!("  {} without a verdict on this machine", self.undecided));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use executor::InvalidReason;

    fn verdict(valid: bool) -> Verdict {
        if valid { Verdict::Valid } else { Verdict::Invalid(InvalidReason::Exit(0)) }
    }

    #[test]
    fn places_are_even_and_hold_both_ends() {
        assert!(places(0, 8).is_empty());
        assert_eq!(places(1, 8), [0]);
        assert_eq!(places(5, 8), [0, 1, 2, 3, 4]);
        assert_eq!(places(101, 5), [0, 25, 50, 75, 100]);
        assert_eq!(places(9, 1), [0]);
    }

    #[test]
    fn a_verifier_that_compares_everything_refuses_every_change() {
        let statement = [b"statement".to_vec(), Vec::new()];
        let mut judge = |proof: &[u8], public: &[u8], seen: &[Vec<u8>]| {
            verdict(proof == b"proof" && public == b"values" && *seen == statement)
        };
        let round = tamper(b"proof", b"values", &statement, 4, &mut judge);
        // Four flips and two lengths of each; what is empty can only grow.
        assert_eq!((round.refused, round.statements_refused, round.undecided), (12, 7, 0));
        assert!(round.accepted.is_empty() && round.statements_accepted.is_empty());
    }

    #[test]
    fn what_a_verifier_does_not_look_at_is_named() {
        let mut judge = |proof: &[u8], _: &[u8], _: &[Vec<u8>]| verdict(proof.first() == Some(&b'p'));
        let round = tamper(b"proof", b"", &[b"s".to_vec()], 8, &mut judge);
        assert_eq!(round.refused, 1);
        assert!(round.accepted.contains(&"bit 4 of byte 4 of the proof flipped".to_owned()), "{:?}", round.accepted);
        assert!(round.accepted.contains(&"a zero byte after the public values".to_owned()));
        assert_eq!(round.statements_accepted.len(), 3);
        assert!(
            round.text().contains("1 of 8 changes of the proof refused, 0 of 3 of the statement"),
            "{}",
            round.text()
        );
    }
}
