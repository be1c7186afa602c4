//! SP1's verifier from outside (`cargo test`). There is nothing in the library itself.
