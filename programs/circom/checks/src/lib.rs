//! The circom program from outside: how fast it is in the sandbox (`cargo bench`), and whether Ethereum agrees
//! (`cargo test`). There is nothing in the library itself.
