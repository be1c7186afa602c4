//! All scenarios in one binary: linking the engine is what takes long.

mod evidence;
mod machine;
mod member;
mod real;
mod simulated;
mod world;
