//! What must be true of a network whatever happens, each a type of its own with a check that says what is wrong.

mod agreement;
mod conservation;
mod endings;
mod journal;
mod live_pages;
mod next_step;
mod one_word;

pub use agreement::Agreement;
pub use conservation::Conservation;
pub use endings::Endings;
pub use journal::Journal;
pub use live_pages::LivePages;
pub use next_step::NextStep;
pub use one_word::OneWord;

/// That a property holds, or what is wrong.
pub type Held = Result<(), String>;

/// Says what is wrong unless something is true.
fn hold(truth: bool, otherwise: impl FnOnce() -> String) -> Held {
    if truth { Ok(()) } else { Err(otherwise()) }
}

#[cfg(test)]
mod samples;
