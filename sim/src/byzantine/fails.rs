use super::{Behaviour, Made};
use types::{
    Text,
    host::ExecuteOutcome,
    message::{Bundle, Fail, FailKind},
};

/// Says of every attempt that the program ended with an error.
pub struct Fails;

impl Behaviour for Fails {
    fn made(&self, _: Bundle) -> Made {
        let reason = Text::truncated("the program ended with status 1");
        Made::Said(ExecuteOutcome::Failed(Fail { kind: FailKind::Exit, reason, log: None }))
    }
}
