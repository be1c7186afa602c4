//! Validators: what they bonded, when they sign, what they vote for.

use super::{
    Asked, Gateway,
    failure::{Answer, Failure},
};
use crate::state::decode;
use api::{ParamChange, Unbonding, Validator, Validators, problem};
use axum::{Json, extract::State};
use std::ops::RangeInclusive;
use types::{
    genesis::PeerId,
    record::{self, Ballots, Meta, Seats},
    state_key,
};

/// How often it is asked again when an epoch turned between two questions.
const TRIES: u32 = 3;
/// Names are decided so many epochs ahead; who is named for one signs in the next.
const AHEAD: u64 = 2;

pub(super) async fn all(State(gateway): Asked) -> Answer<Json<Validators>> {
    for _ in 0..TRIES {
        let (_, meta) = gateway.state.get::<Meta>(state_key::meta()).await?;
        let epoch = meta.ok_or_else(|| Failure::new(problem::BUSY, "there is no block yet"))?.epoch;
        if let Some(shown) = at(&gateway, epoch).await? {
            return Ok(Json(shown));
        }
    }
    Err(Failure::new(problem::BUSY, "the epoch turned while it was asked"))
}

/// All of it out of one state; none if that is of another epoch.
async fn at(gateway: &Gateway, epoch: u64) -> Answer<Option<Validators>> {
    let named = epoch.saturating_sub(1)..=epoch.saturating_add(AHEAD);
    let mut keys = vec![state_key::meta(), state_key::validators(), state_key::ballots()];
    keys.extend(named.clone().map(state_key::seats));
    let (height, values) = gateway.state.raw(keys).await?;
    let [meta, validators, ballots, seats @ ..] = values.as_slice() else {
        return Err(Failure::new(problem::INTERNAL, "the engine did not answer every question"));
    };
    let meta: Option<Meta> = meta.as_deref().map(decode).transpose()?;
    let Some(meta) = meta.filter(|meta| meta.epoch == epoch) else { return Ok(None) };
    let validators: Option<record::Validators> = validators.as_deref().map(decode).transpose()?;
    let ballots: Option<Ballots> = ballots.as_deref().map(decode).transpose()?;
    let seats = seats.iter().map(|value| value.as_deref().map(decode::<Seats>).transpose());
    let seats: Vec<Option<Seats>> = seats.collect::<Result<_, _>>()?;
    let roll = Roll { epoch, named: named_for(gateway, named, seats), ballots: ballots.unwrap_or_default() };
    let all = validators.unwrap_or_default().validators;
    let validators = all.iter().zip(&meta.led).map(|(validator, led)| roll.show(validator, led.0)).collect();
    Ok(Some(Validators { height, epoch, seats: meta.seats, validators }))
}

/// Who is named for each epoch: by genesis for the first two.
fn named_for(gateway: &Gateway, epochs: RangeInclusive<u64>, seats: Vec<Option<Seats>>) -> Vec<(u64, Vec<PeerId>)> {
    let first = || gateway.genesis.first_seats();
    let peers = |seats: Option<Seats>| seats.map_or_else(first, |seats| seats.seats.into_vec());
    epochs.zip(seats).map(|(epoch, seats)| (epoch, peers(seats))).collect()
}

/// Who signs when, and who votes for what.
struct Roll {
    epoch: u64,
    named: Vec<(u64, Vec<PeerId>)>,
    ballots: Ballots,
}

impl Roll {
    fn show(&self, validator: &record::Validator, led: u64) -> Validator {
        let signs = self.signs(validator.peer);
        let vote = self.ballots.ballots.iter().find(|ballot| ballot.account == validator.account);
        Validator {
            peer: validator.peer,
            account: validator.account,
            bond: validator.bond,
            unbonding: validator.unbonding.iter().map(Unbonding::from).collect(),
            seated: signs.contains(&self.epoch),
            next: signs.contains(&self.epoch.saturating_add(1)),
            signs,
            vote: vote.map(|ballot| ballot.changes.iter().map(ParamChange::from).collect()),
            led,
        }
    }

    /// The epochs from this one on in which it is known that a node signs. In the first epoch those named for it do.
    fn signs(&self, peer: PeerId) -> Vec<u64> {
        let named =
            |for_epoch: u64| self.named.iter().any(|(epoch, peers)| *epoch == for_epoch && peers.contains(&peer));
        let last = self.epoch.saturating_add(AHEAD + 1);
        (self.epoch..=last).filter(|epoch| named(epoch.saturating_sub(1))).collect()
    }
}
