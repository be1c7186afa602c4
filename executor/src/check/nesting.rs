//! How deep and how often a function nests blocks. Compiling takes time that grows with the square of both, for loops
//! most of all.

use wasmparser::{FunctionBody, Operator};

use super::ModuleError;
use super::shape::at_most;

/// Blocks, loops and ifs in one function.
const BLOCKS_MAX: u64 = 8_192;
/// Blocks, loops and ifs inside each other. A `match` of so many arms nests that deep.
const DEPTH_MAX: u64 = 1_024;
/// Loops in one function.
const LOOPS_MAX: u64 = 1_024;
/// Loops inside each other.
const LOOP_DEPTH_MAX: u64 = 32;

#[derive(Default)]
struct Nesting {
    blocks: u64,
    loops: u64,
    loop_depth: u64,
    /// For each open block, whether it is a loop.
    open: Vec<bool>,
}

/// Refuses a function that nests too much.
pub(super) fn admit(body: &FunctionBody<'_>) -> Result<(), ModuleError> {
    let mut nesting = Nesting::default();
    for operator in body.get_operators_reader().map_err(super::malformed)? {
        match operator.map_err(super::malformed)? {
            Operator::Loop { .. } => nesting.enter(true)?,
            Operator::Block { .. } | Operator::If { .. } => nesting.enter(false)?,
            Operator::End => nesting.leave(),
            _ => {}
        }
    }
    Ok(())
}

impl Nesting {
    fn enter(&mut self, is_loop: bool) -> Result<(), ModuleError> {
        self.open.push(is_loop);
        self.blocks += 1;
        self.loops += u64::from(is_loop);
        self.loop_depth += u64::from(is_loop);
        at_most("blocks in a function", self.blocks, BLOCKS_MAX)?;
        at_most("nested blocks", self.open.len() as u64, DEPTH_MAX)?;
        at_most("loops in a function", self.loops, LOOPS_MAX)?;
        at_most("nested loops", self.loop_depth, LOOP_DEPTH_MAX)
    }

    /// The last `end` is the function's own and finds nothing open.
    fn leave(&mut self) {
        if self.open.pop() == Some(true) {
            self.loop_depth -= 1;
        }
    }
}
