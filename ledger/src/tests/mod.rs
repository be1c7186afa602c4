//! Scenarios of whole blocks, one file for each family of rules.

mod admission;
mod attempts;
mod blocks;
mod deeds;
mod draws;
mod due;
mod frozen;
mod life;
mod network;
mod sequences;
mod settlements;
mod transactions;
mod world;
