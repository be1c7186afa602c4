use super::{Behaviour, Made};
use types::message::Bundle;

/// Accepts what is drawn for it and never comes to an end with it.
pub struct Stalls;

impl Behaviour for Stalls {
    fn made(&self, _: Bundle) -> Made {
        Made::Nothing
    }
}
