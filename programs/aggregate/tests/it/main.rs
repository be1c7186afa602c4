//! One binary for all tests: each would link the same proof system once more.

mod circuit;
mod common;
mod refusals;
mod round_trip;
