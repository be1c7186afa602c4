//! The same prover as an executable of its own: it may use threads and much memory.

fn main() -> std::process::ExitCode {
    program::native::main(template::prove)
}
