//! The circom program from outside: whether Ethereum agrees (`cargo test`). There is nothing in the library itself.
