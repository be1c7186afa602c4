//! The check of receipts as a WebAssembly module: a page gives the bytes of a file and a group key, and gets a report.
//!
//! ```text
//! room(length) ─▶ where to write: the 96 bytes of the group key, then the file
//! check()      ─▶ how long the answer is
//! answer()     ─▶ where it is: JSON, either {"checked": …} or {"refused": "why"}
//! ```
//!
//! The module asks nothing of its host: whatever it imports because of its libraries is never called.
#![deny(missing_docs)]

mod report;

use std::sync::{Mutex, MutexGuard, PoisonError};
use types::beacon::GroupKey;

/// Bytes of a group key.
const KEY_BYTES: usize = 96;
/// What a page may give: a key and the longest receipt.
const ROOM_MAX: usize = KEY_BYTES + receipt::RECEIPT_MAX;

static GIVEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn held(buffer: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    buffer.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes room for a key and a file. Null where that is more than a receipt can be.
#[expect(unsafe_code, reason = "the page calls it by this name")]
#[unsafe(no_mangle)]
pub extern "C" fn room(length: usize) -> *mut u8 {
    let mut given = held(&GIVEN);
    if !(KEY_BYTES..=ROOM_MAX).contains(&length) {
        return std::ptr::null_mut();
    }
    given.clear();
    given.resize(length, 0);
    given.as_mut_ptr()
}

/// Checks what was written into the room, and says how long the answer is.
#[expect(unsafe_code, reason = "the page calls it by this name")]
#[unsafe(no_mangle)]
pub extern "C" fn check() -> usize {
    let given = std::mem::take(&mut *held(&GIVEN));
    let json = serde_json::to_vec(&answered(&given)).unwrap_or_default();
    let mut answer = held(&ANSWER);
    *answer = json;
    answer.len()
}

/// Where the answer is, until the next check.
#[expect(unsafe_code, reason = "the page calls it by this name")]
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    held(&ANSWER).as_ptr()
}

fn answered(given: &[u8]) -> report::Answer {
    let Some((key, file)) = given.split_first_chunk::<KEY_BYTES>() else {
        return report::Answer::Refused("no group key was given".to_owned());
    };
    match report::report(file, &GroupKey(*key)) {
        Ok(report) => report::Answer::Checked(Box::new(report)),
        Err(error) => report::Answer::Refused(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[u8] = include_bytes!("../../tests/fixtures/verified.receipt");
    const KEY: &str = include_str!("../../tests/fixtures/group.key");

    fn given(file: &[u8]) -> Vec<u8> {
        let key: GroupKey = KEY.trim().parse().expect("a key");
        [key.0.as_slice(), file].concat()
    }

    #[test]
    fn a_good_receipt_is_told_with_its_draw_and_its_verdicts() {
        let report::Answer::Checked(told) = answered(&given(GOOD)) else { panic!("refused") };
        let draw = told.draw.as_ref().expect("a draw");
        assert!(draw.candidates.iter().any(|it| Some(it.prover) == told.checked.prover()));
        let signed = told.verdicts.iter().filter(|verdict| verdict.signed).count();
        assert_eq!(Some(signed), told.checked.proof.as_ref().map(|proof| proof.verdicts));
    }

    #[test]
    fn every_flipped_bit_of_a_byte_in_a_hundred_is_refused() {
        for place in (0..GOOD.len()).step_by(101) {
            let mut file = GOOD.to_vec();
            file[place] ^= 1;
            assert!(matches!(answered(&given(&file)), report::Answer::Refused(_)), "{place}");
        }
    }

    #[test]
    fn a_key_that_is_cut_is_named() {
        assert!(matches!(answered(&[0; 95]), report::Answer::Refused(why) if why.contains("key")));
    }
}
