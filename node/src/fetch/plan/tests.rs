use super::*;
use types::limits::PART_BYTES;

fn plan(parts: u32, sources: usize) -> Plan {
    let size = u64::from(parts) * PART_BYTES;
    Plan::new(size, PartMap::empty(size), sources)
}

fn take(plan: &mut Plan, now: Instant) -> Span {
    match plan.span(now) {
        Next::Take(span) => span,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_missing_part_is_taken_once() {
    let (mut plan, now) = (plan(3 * SPAN + 2, 1), Instant::now());
    plan.kept.put(5);
    let mut seen = Vec::new();
    while let Next::Take(span) = plan.span(now) {
        seen.extend(span.parts);
    }
    let missing: Vec<u32> = (0..3 * SPAN + 2).filter(|part| *part != 5).collect();
    assert_eq!(seen, missing);
    assert_eq!(plan.span(now), Next::Wait);
}

#[test]
fn what_is_given_back_is_taken_again_without_what_came() {
    let (mut plan, now) = (plan(4, 1), Instant::now());
    let span = take(&mut plan, now);
    plan.came(0, &span, 0, now);
    plan.came(0, &span, 1, now);
    plan.give_back(&span);
    assert_eq!(take(&mut plan, now).parts, 2..4);
}

#[test]
fn a_span_that_stands_still_is_taken_by_one_more_and_not_by_all() {
    let (mut plan, now) = (plan(4, 2), Instant::now());
    let slow = take(&mut plan, now);
    plan.came(0, &slow, 0, now);
    assert_eq!(plan.span(now + STILL / 2), Next::Wait);
    let other = take(&mut plan, now + STILL);
    assert_eq!(other.parts, 1..4);
    assert_eq!(plan.span(now + STILL), Next::Wait);
    for part in 1..4 {
        plan.came(1, &other, part, now + STILL);
    }
    assert_eq!(plan.span(now + STILL), Next::Over);
}

#[test]
fn sources_are_tried_one_by_one_and_only_the_proven_get_a_second_worker() {
    let (mut plan, now) = (plan(100, 2), Instant::now());
    assert_eq!(plan.source(), Next::Take(0));
    assert_eq!(plan.source(), Next::Take(1));
    assert_eq!(plan.source(), Next::Wait);
    plan.leave(0, true);
    assert_eq!(plan.source(), Next::Wait, "one is of no use, the other not proven");
    let span = take(&mut plan, now);
    plan.came(1, &span, 0, now);
    assert_eq!(plan.source(), Next::Take(1));
    assert_eq!(plan.source(), Next::Wait);
    plan.leave(1, false);
    plan.leave(1, false);
    assert_eq!(plan.source(), Next::Take(1));
    plan.leave(1, true);
    assert_eq!(plan.source(), Next::Over, "there is nobody left to ask");
}

#[test]
fn it_is_over_for_all_when_the_blob_came_by_another_way() {
    let (mut plan, now) = (plan(100, 1), Instant::now());
    take(&mut plan, now);
    plan.finish();
    assert_eq!((plan.span(now), plan.source()), (Next::Over, Next::Over));
}
