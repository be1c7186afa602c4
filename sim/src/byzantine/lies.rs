use super::Behaviour;
use types::Verdict;

/// Says of every proof the opposite of what is true.
pub struct Lies;

impl Behaviour for Lies {
    fn judged(&self, verdict: Verdict) -> Option<Verdict> {
        Some(match verdict {
            Verdict::Valid => Verdict::Invalid,
            Verdict::Invalid | Verdict::Unavailable => Verdict::Valid,
        })
    }
}
