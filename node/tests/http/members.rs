//! What holds for members: parameters in force and validators.

use crate::{fake::Served, records};
use api::{Params, Validators, Value};
use types::{
    AccountId, Amount, ChainTime, List, Text,
    genesis::PeerId,
    record::{self, Ballot, Ballots, Seats, Unbonding, Validator},
    registry::Change,
    state_key,
};

#[tokio::test]
async fn parameters_are_those_in_force() {
    let served = Served::new().await;
    let mut meta = records::meta(3);
    meta.params.slash = 123;
    served.engine.put(state_key::meta(), &meta);
    let params: Params = served.get("/v1/params").await.json();
    assert_eq!((params.height, params.epoch, params.compute_price), (7, 5, Amount(20_000_000)));
    let slash = params.params.iter().find(|it| it.name == "slash").expect("there");
    assert_eq!((slash.value, slash.default, slash.max), (Value::Number(123), Value::Number(1000), Value::Number(1000)));
    assert!(slash.votable && slash.unit == "permille" && !slash.about.is_empty());
    assert_eq!(params.values(), Ok(meta.params));
}

fn validator(byte: u8, bond: u64) -> Validator {
    let (peer, account) = (PeerId([byte; 32]), AccountId([byte; 32]));
    Validator { peer, account, bond: Amount(bond), unbonding: List::default() }
}

#[tokio::test]
async fn validators_are_told_with_their_seats_and_votes() {
    let served = Served::new().await;
    assert_eq!(served.get("/v1/validators").await.problem(), (503, "busy".to_owned()), "there is no block yet");
    let mut second = validator(10, 5);
    second.unbonding = List::truncated(vec![Unbonding { amount: Amount(3), release: ChainTime(99), epoch: 1 }]);
    let all = record::Validators { validators: List::truncated(vec![validator(9, 8), second]) };
    served.engine.put(state_key::meta(), &records::meta(3));
    served.engine.put(state_key::validators(), &all);
    let seats = |peers: &[u8]| Seats { seats: List::truncated(peers.iter().map(|byte| PeerId([*byte; 32])).collect()) };
    // Named for one epoch, a node signs in the next.
    for (epoch, peers) in [(4, &[9][..]), (5, &[9, 10]), (6, &[10]), (7, &[9])] {
        served.engine.put(state_key::seats(epoch), &seats(peers));
    }
    let changes = List::truncated(vec![Change { parameter: Text::truncated("slash"), value: 500 }]);
    let ballot = Ballot { account: AccountId([9; 32]), changes };
    served.engine.put(state_key::ballots(), &Ballots { epoch: 5, ballots: List::truncated(vec![ballot]) });
    let told: Validators = served.get("/v1/validators").await.json();
    assert_eq!((told.epoch, told.height, told.seats), (5, 7, 1));
    let [one, two] = told.validators.as_slice() else { panic!("two validators: {told:?}") };
    assert_eq!((one.peer, one.bond, one.seated, one.next, one.led), (PeerId([9; 32]), Amount(8), true, true, 6));
    assert_eq!((&one.signs[..], &two.signs[..]), (&[5, 6, 8][..], &[6, 7][..]));
    assert_eq!((two.seated, two.next, two.unbonding[0].amount, two.vote.is_none()), (false, true, Amount(3), true));
    let vote = one.vote.as_ref().expect("a vote");
    assert_eq!((vote[0].parameter.as_str(), vote[0].value), ("slash", Value::Number(500)));
}

#[tokio::test]
async fn in_the_first_epochs_those_of_genesis_sign() {
    let served = Served::new().await;
    let meta = record::Meta { epoch: 0, ..records::meta(3) };
    served.engine.put(state_key::meta(), &meta);
    let all = record::Validators { validators: List::truncated(vec![validator(9, 8), validator(10, 5)]) };
    served.engine.put(state_key::validators(), &all);
    served.engine.put(state_key::seats(2), &Seats::default());
    let told: Validators = served.get("/v1/validators").await.json();
    let signs: Vec<_> = told.validators.iter().map(|it| it.signs.clone()).collect();
    assert_eq!(signs, [vec![0, 1, 2], vec![]], "the only validator of genesis is the first");
}
