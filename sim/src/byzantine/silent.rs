use super::Behaviour;

/// Has a prover in the genesis that never runs: what is drawn for it is not accepted, and it gives no verdicts.
pub struct Silent;

impl Behaviour for Silent {
    fn proves(&self) -> bool {
        false
    }
}
