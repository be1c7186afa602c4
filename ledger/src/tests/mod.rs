//! Scenarios of whole blocks, one file for each family of rules.

mod admission;
mod attacks;
mod attempts;
mod blocks;
mod bonds;
mod deeds;
mod draws;
mod due;
mod epochs;
mod frozen;
mod guard;
mod heartbeats;
mod jail;
mod life;
mod model;
mod network;
mod offences;
mod parties;
mod registration;
mod renewals;
mod runtimes;
mod sequences;
mod settlements;
mod transactions;
mod votes;
mod world;
