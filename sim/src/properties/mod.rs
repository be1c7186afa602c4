//! What must be true of a network whatever happens, each a type of its own with a check that says what is wrong.

mod agreement;
mod capacity;
mod conservation;
mod endings;
mod journal;
mod live_pages;
mod members;
mod next_step;
mod one_word;
mod prices;
mod seats;

pub use agreement::Agreement;
pub use capacity::Capacity;
pub use conservation::Conservation;
pub use endings::Endings;
pub use journal::Journal;
pub use live_pages::LivePages;
pub use members::Members;
pub use next_step::NextStep;
pub use one_word::OneWord;
pub use prices::Prices;
pub use seats::Seats;

/// That a property holds, or what is wrong.
pub type Held = Result<(), String>;

/// Says what is wrong unless something is true.
fn hold(truth: bool, otherwise: impl FnOnce() -> String) -> Held {
    if truth { Ok(()) } else { Err(otherwise()) }
}

#[cfg(test)]
mod samples;
