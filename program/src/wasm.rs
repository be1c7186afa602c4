//! The WebAssembly side of the contract: the bodies of the exports, and the imports of a prover.
//!
//! Unsafe here: a pointer that is kept between two calls of the host, and the four imports.

use crate::{Error, Host, Job, Output, Prove, Verify, rehearsal::judge};
use alloc::{boxed::Box, string::ToString, vec::Vec};
use core::{
    ptr::null_mut,
    sync::atomic::{AtomicPtr, Ordering},
};

/// What `prove` returns to the host.
const SUCCESS: i32 = 0;
const FAIL: i32 = 1;

/// What `verify` returns to the host.
const VALID: i32 = 1;
const INVALID: i32 = 0;

/// The buffer that `alloc` made last, until `prove` or `verify` takes it: null or from `Box::into_raw`.
static INPUT: AtomicPtr<Vec<u8>> = AtomicPtr::new(null_mut());

/// Makes the input buffer of `len` bytes, in place of an earlier one, and returns its address; 0 if there is no memory.
pub fn alloc(len: i32) -> i32 {
    let mut buffer = Vec::new();
    match usize::try_from(len) {
        Ok(len) if buffer.try_reserve_exact(len).is_ok() => buffer.resize(len, 0),
        _ => return 0,
    }
    // The host writes through this address, behind the compiler's back.
    let address = buffer.as_mut_ptr().expose_provenance();
    swap_input(Box::into_raw(Box::new(buffer)));
    // An address of WebAssembly has 32 bits; the host reads them as unsigned.
    address as i32
}

/// Takes the input buffer. `None` if the host names another address or length than `alloc` gave it.
fn take_input(ptr: i32, len: i32) -> Option<Vec<u8>> {
    let buffer = swap_input(null_mut())?;
    let same = buffer.as_ptr().addr() as i32 == ptr && usize::try_from(len) == Ok(buffer.len());
    same.then_some(buffer)
}

#[expect(unsafe_code, reason = "the buffer outlives the call that made it")]
fn swap_input(next: *mut Vec<u8>) -> Option<Vec<u8>> {
    let last = INPUT.swap(next, Ordering::AcqRel);
    if last.is_null() {
        return None;
    }
    // SAFETY: every pointer in INPUT that is not null came from `Box::into_raw`, and the swap gives it to one caller.
    Some(unsafe { *Box::from_raw(last) })
}

/// The body of the export `verify`.
pub fn verify(verify: Verify, ptr: i32, len: i32) -> i32 {
    match take_input(ptr, len) {
        Some(buffer) if judge(verify, &buffer) => VALID,
        _ => INVALID,
    }
}

/// The body of the export `prove`, with the host's imports.
#[cfg(target_family = "wasm")]
pub fn prove(prove: Prove, ptr: i32, len: i32) -> i32 {
    #[cfg(feature = "std")]
    std::panic::set_hook(Box::new(|panic| imports::Lemma.log(&panic.to_string())));
    prove_with(&imports::Lemma, imports::output, prove, ptr, len)
}

/// Runs `prove` on the input buffer; the output goes to `output`, the reason of a fail to the log.
fn prove_with(host: &dyn Host, output: fn(&Output), prove: Prove, ptr: i32, len: i32) -> i32 {
    let buffer = take_input(ptr, len).ok_or_else(|| Error::new("the input is not where alloc put it"));
    match buffer.and_then(|buffer| prove(&Job::decode(&buffer, host)?)) {
        Ok(made) => {
            output(&made);
            SUCCESS
        }
        Err(error) => {
            host.log(&error.to_string());
            FAIL
        }
    }
}

/// What a prover imports from the module `lemma`.
#[cfg(target_family = "wasm")]
mod imports {
    use crate::{Host, Output};

    const PROOF: i32 = 0;
    const PUBLIC_VALUES: i32 = 1;

    mod raw {
        #![expect(unsafe_code, reason = "the host's functions are foreign")]

        #[link(wasm_import_module = "lemma")]
        unsafe extern "C" {
            pub fn log(ptr: *const u8, len: usize);
            pub safe fn progress(permille: i32);
            pub fn random(ptr: *mut u8, len: usize);
            pub fn output(kind: i32, ptr: *const u8, len: usize);
        }
    }

    /// The node that runs this prover.
    pub struct Lemma;

    #[expect(unsafe_code, reason = "the host takes addresses")]
    impl Host for Lemma {
        fn log(&self, line: &str) {
            // SAFETY: the host reads `len` bytes at `ptr` before it returns, and both come from one borrowed slice.
            unsafe { raw::log(line.as_ptr(), line.len()) }
        }

        fn progress(&self, permille: u16) {
            raw::progress(i32::from(permille));
        }

        fn random(&self, bytes: &mut [u8]) {
            // SAFETY: the host writes `len` bytes at `ptr` before it returns, and the slice is borrowed for writing.
            unsafe { raw::random(bytes.as_mut_ptr(), bytes.len()) }
        }
    }

    /// Hands a prover's output to the host.
    pub fn output(output: &Output) {
        append(PROOF, &output.proof);
        append(PUBLIC_VALUES, &output.public_values);
    }

    #[expect(unsafe_code, reason = "the host takes addresses")]
    fn append(kind: i32, bytes: &[u8]) {
        // SAFETY: the host reads `len` bytes at `ptr` before it returns, and both come from one borrowed slice.
        unsafe { raw::output(kind, bytes.as_ptr(), bytes.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Statement, rehearsal::Rehearsal};
    use std::sync::{Mutex, MutexGuard, PoisonError};

    /// A module has one input buffer; tests run in parallel.
    fn alone() -> MutexGuard<'static, ()> {
        static ONE: Mutex<()> = Mutex::new(());
        ONE.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn yes(_: &Statement<'_>, _: &[u8], _: &[u8]) -> bool {
        true
    }

    #[test]
    fn the_input_is_taken_once_and_only_where_alloc_put_it() {
        let _alone = alone();
        // Two empty sections: proof and public values.
        let ptr = alloc(8);
        assert_eq!(verify(yes, ptr, 8), VALID);
        assert_eq!(verify(yes, ptr, 8), INVALID, "taken");
        let ptr = alloc(8);
        assert_eq!(verify(yes, ptr.wrapping_add(1), 8), INVALID, "another address");
        let ptr = alloc(8);
        assert_eq!(verify(yes, ptr, 4), INVALID, "another length");
        assert_eq!((alloc(-1), verify(yes, 0, -1)), (0, INVALID), "a negative length");
    }

    #[test]
    fn a_verifier_without_its_first_sections_says_no() {
        let _alone = alone();
        let ptr = alloc(4);
        assert_eq!(verify(yes, ptr, 4), INVALID, "no public values");
        let ptr = alloc(0);
        assert_eq!(verify(yes, ptr, 0), INVALID, "nothing");
        let ptr = alloc(3);
        assert_eq!(verify(yes, ptr, 3), INVALID, "not even a length");
    }

    #[test]
    fn a_fail_is_logged_and_puts_nothing_out() {
        let _alone = alone();
        let host = Rehearsal::new(0);
        let ptr = alloc(4);
        assert_eq!(prove_with(&host, |_| unreachable!(), |_| Err(Error::new("no luck")), ptr, 4), FAIL);
        let ptr = alloc(0);
        assert_eq!(prove_with(&host, |_| unreachable!(), |_| Ok(Output::default()), ptr, 0), FAIL);
        assert_eq!(prove_with(&host, |_| unreachable!(), |_| Ok(Output::default()), ptr, 0), FAIL);
        assert_eq!(host.log_lines(), ["no luck", "no arguments section", "the input is not where alloc put it"]);
    }

    #[test]
    fn a_success_puts_its_output_out() {
        let _alone = alone();
        let (host, ptr) = (Rehearsal::new(0), alloc(4));
        let prove = |_: &Job<'_>| Ok(Output { proof: vec![1], public_values: vec![2] });
        assert_eq!(prove_with(&host, |made| assert_eq!(made.proof, [1]), prove, ptr, 4), SUCCESS);
    }
}
