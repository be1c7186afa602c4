use super::Behaviour;

/// Announces its proofs, and gives them to nobody.
pub struct Withholds;

impl Behaviour for Withholds {
    fn serves_proofs(&self) -> bool {
        false
    }
}
