//! The same prover as an executable of its own.

fn main() -> std::process::ExitCode {
    program::native::main(tampers::prove)
}
