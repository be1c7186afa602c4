//! What the host hears of blobs that must stay.

use crate::fixture::{Bench, account};
use types::{
    BlobId, ChainEvent, EndReason, Height, State, Workload,
    host::HostRequest,
    workload::{End, Moment},
};

fn holds(bench: &Bench, of: &Workload) -> Vec<(Vec<BlobId>, Option<u64>)> {
    let asked = bench.asked();
    let of_run = asked.into_iter().filter_map(|asked| match asked {
        HostRequest::Hold { workload, blobs, until } if workload == of.id => Some((blobs.into_vec(), until)),
        _ => None,
    });
    of_run.collect()
}

fn epochs(bench: &Bench) -> usize {
    bench.asked().iter().filter(|asked| matches!(asked, HostRequest::Epoch { .. })).count()
}

#[test]
fn the_host_hears_of_everything_that_lives_before_anything_may_go() {
    let mut bench = Bench::new();
    assert_eq!(epochs(&bench), 1, "nothing lives");
    let record = bench.allocated(1);
    bench.put_live(&[record.id]);
    bench.slow_reads();
    bench.crash();
    bench.done.clear();
    while bench.answer_reads() > 0 {
        assert!(epochs(&bench) == 0 || !holds(&bench, &record).is_empty());
    }
    assert_eq!((epochs(&bench), holds(&bench, &record).len()), (1, 1));
}

#[test]
fn a_workload_holds_its_inputs_and_its_proof_until_some_epochs_after_its_end() {
    let mut bench = Bench::new();
    let record = bench.allocated(1);
    bench.block(&record, ChainEvent::Allocated { workload: record.id, attempt: 1, prover: account(1) });
    assert_eq!(holds(&bench, &record).last(), Some(&(vec![BlobId([52; 32])], None)));
    let mut ended = bench.announced(&record, BlobId([60; 32]), 100);
    let at = Moment { height: Height(3 * bench.genesis.params.epoch_blocks), ..Moment::default() };
    let zero = types::Amount(0);
    let reason = EndReason::Proved;
    ended.end = Some(End { reason, at, to_prover: zero, to_verdicts: zero, refunded: zero, burned: zero });
    ended.state = State::Verified;
    bench.block(&ended, ChainEvent::Ended { workload: ended.id, state: ended.state, reason });
    let until = Some(3 + bench.genesis.params.retention_epochs);
    assert_eq!(holds(&bench, &record).last(), Some(&([52, 60].map(|byte| BlobId([byte; 32])).to_vec(), until)));
}
