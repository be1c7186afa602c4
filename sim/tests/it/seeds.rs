use crate::holds;
use sim::{Options, Scenario};

#[test]
fn the_same_seed_gives_the_same_network_to_the_last_message() {
    let options = Options::new(0, Scenario::Default);
    let (one, other) = (holds(options), holds(options));
    assert_eq!(one.hash, other.hash);
    assert_eq!(one.story, other.story);
    assert_eq!(one.sent, other.sent);
}

#[test]
fn another_seed_gives_another_network_and_every_property_holds() {
    let (one, other) = (holds(Options::new(1, Scenario::Default)), holds(Options::new(2, Scenario::Default)));
    assert_ne!(one.hash, other.hash);
    assert!(one.crashes > 0 && other.crashes > 0);
}
