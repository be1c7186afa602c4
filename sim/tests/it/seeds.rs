use crate::weather;
use sim::Weather;

#[test]
fn the_same_seed_gives_the_same_network_to_the_last_message() {
    let [one, other] = [0, 0].map(|seed| weather(seed, Weather::Default, 3));
    assert_eq!(one.hash, other.hash);
    assert_eq!(one.story, other.story);
    assert_eq!(one.sent, other.sent);
}

#[test]
fn another_seed_gives_another_network_and_every_property_holds() {
    let [one, other] = [1, 2].map(|seed| weather(seed, Weather::Default, 3));
    assert_ne!(one.hash, other.hash);
    assert!(one.crashes > 0 && other.crashes > 0);
}
