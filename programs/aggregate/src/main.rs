//! The native prover.

fn main() -> std::process::ExitCode {
    program::native::main(aggregate::prove)
}
