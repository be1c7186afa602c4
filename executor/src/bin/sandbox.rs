//! The process that makes sandboxes, alone: for tests and examples, which cannot begin their own `main`.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    executor::native::run_if_sandbox_process();
    // Whoever starts this by hand wants something else.
    ExitCode::FAILURE
}
