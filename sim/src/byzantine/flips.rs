use super::{Behaviour, Made};
use types::{Verdict, message::Bundle};

/// Flips a bit of every proof it makes, announces it unchecked, and calls every proof valid.
pub struct Flips;

impl Behaviour for Flips {
    fn made(&self, mut bundle: Bundle) -> Made {
        if let Some(byte) = bundle.proof.last_mut() {
            *byte ^= 1;
        }
        Made::Unchecked(bundle)
    }

    fn judged(&self, _: Verdict) -> Option<Verdict> {
        Some(Verdict::Valid)
    }
}
