use ports::{Action, Event, Member, Outbox};
use types::{Body, List};

/// A member that, when it leads, leaves everything out of its blocks that provers say of their attempts.
pub struct Censor {
    member: Box<dyn Member>,
}

impl Censor {
    /// Around an honest member.
    #[must_use]
    pub fn new(member: Box<dyn Member>) -> Self {
        Self { member }
    }
}

impl Member for Censor {
    fn step(&mut self, event: Event, now_ms: u64, outbox: &mut Outbox) {
        self.member.step(event, now_ms, outbox);
        for action in outbox {
            if let Action::Propose { body, .. } = action
                && let Ok(honest) = Body::decode(body)
            {
                *body = Body { messages: List::default(), ..honest }.encode().into();
            }
        }
    }
}
