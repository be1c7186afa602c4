//! A replica among fakes: what it does at each event, in the order in which it does it.

mod blobs;
mod fixture;
mod holding;
mod large;
mod living;
mod proposing;
mod proving;
mod reading;
mod refusing;
mod settling;
mod verifying;
