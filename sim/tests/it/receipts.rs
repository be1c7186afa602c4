use crate::weather;
use sim::{Weather, evidence};

/// The simulation itself fails if two nodes' receipts of one run do not verify with one key, or differ in what they say.
#[test]
fn two_nodes_hand_out_receipts_that_one_key_verifies_and_no_byte_of_them_can_be_changed() {
    let outcome = weather(1, Weather::Calm, 1);
    let receipts = outcome.end.receipts.values().next().expect("one run was submitted");
    let said = evidence::same(receipts, &outcome.group_key).expect("both hold");
    let [bytes, _] = receipts;
    // Every byte is a check of some milliseconds: this seed's proof is a short one.
    assert!(bytes.len() < 4_096, "{} bytes", bytes.len());
    let mut changed = bytes.clone();
    for at in 0..bytes.len() {
        changed[at] ^= 1 << (at % 8);
        if let Ok(other) = receipt::check(&changed, &outcome.group_key) {
            assert_eq!(other, said, "byte {at} says something else");
        }
        changed[at] = bytes[at];
    }
    assert_eq!(receipt::check(&changed, &outcome.group_key), Ok(said));
}
