use super::*;
use futures::FutureExt as _;

const RUN: WorkloadId = WorkloadId([1; 32]);

/// All that can be read without waiting.
fn ready(reader: &mut Reader) -> Vec<Piece> {
    let mut pieces = Vec::new();
    while let Some(Some(piece)) = reader.next().now_or_never() {
        let over = matches!(piece, Piece::End(_));
        pieces.push(piece);
        if over {
            break;
        }
    }
    pieces
}

fn text(text: &str, place: u64) -> Piece {
    Piece::Text(text.to_owned(), place)
}

#[test]
fn lines_come_as_they_are_whole_and_the_rest_at_the_end() {
    let logs = Arc::new(Logs::default());
    assert!(logs.read(RUN, None, 0).is_none());
    let writer = logs.write(RUN, 1);
    let (attempt, mut reader) = logs.read(RUN, None, 0).expect("a log");
    assert_eq!((attempt, ready(&mut reader)), (1, vec![]));
    writer.push(b"one\ntwo\nthr");
    assert_eq!(ready(&mut reader), [text("one\ntwo\n", 8)]);
    writer.push(b"ee\n4");
    assert_eq!(logs.now(RUN, 1), Some((b"one\ntwo\nthree\n4".to_vec(), true)));
    drop(writer);
    assert_eq!(ready(&mut reader), [text("three\n", 14), text("4", 15), Piece::End(15)]);
    let (_, mut again) = logs.read(RUN, Some(1), 8).expect("remembered");
    assert_eq!(ready(&mut again), [text("three\n", 14), text("4", 15), Piece::End(15)]);
    assert!(logs.read(RUN, Some(2), 0).is_none());
    assert_eq!(logs.now(RUN, 1).map(|(_, open)| open), Some(false));
}

#[test]
fn a_slow_reader_hears_what_it_missed_and_memory_is_bounded() {
    let logs = Arc::new(Logs::default());
    let writer = logs.write(RUN, 1);
    let (_, mut reader) = logs.read(RUN, None, 0).expect("a log");
    let line = [b"a".repeat(99), b"\n".to_vec()].concat();
    (0..10_000).for_each(|_| writer.push(&line));
    writer.push(&[b"b".repeat(2 * LOG_MAX), b"\n".to_vec()].concat());
    let pieces = ready(&mut reader);
    let end = 1_000_000 + 2 * LOG_MAX as u64 + 1;
    assert_eq!(pieces[0], Piece::Missed(end - LOG_MAX as u64, end - LOG_MAX as u64));
    let read: usize = pieces[1..].iter().map(|it| if let Piece::Text(text, _) = it { text.len() } else { 0 }).sum();
    assert_eq!((read, pieces.last().map(Piece::place)), (LOG_MAX, Some(end)));
    let kept = lock(&reader.log.kept).bytes.len();
    assert_eq!(kept, LOG_MAX);
}

#[test]
fn a_long_line_is_cut_between_letters() {
    let logs = Arc::new(Logs::default());
    let writer = logs.write(RUN, 1);
    let (_, mut reader) = logs.read(RUN, None, 0).expect("a log");
    let long = format!("x{}", "é".repeat(PIECE_MAX));
    writer.push(long.as_bytes());
    drop(writer);
    let pieces = ready(&mut reader);
    let read: String = pieces.iter().map(|it| if let Piece::Text(text, _) = it { text.as_str() } else { "" }).collect();
    assert_eq!(read, long);
    assert_eq!(between_letters(b"abc\xff\xff\xff\xff\xff"), 8, "what is no text is cut anywhere");
}

#[test]
fn a_place_of_another_process_begins_anew() {
    let logs = Arc::new(Logs::default());
    let writer = logs.write(RUN, 1);
    writer.push(b"again\n");
    let (_, mut reader) = logs.read(RUN, Some(1), 5_000).expect("a log");
    assert_eq!(ready(&mut reader), [text("again\n", 6)]);
}

#[test]
fn an_attempt_that_starts_again_goes_on_with_its_log() {
    let logs = Arc::new(Logs::default());
    let first = logs.write(RUN, 1);
    first.push(b"first\n");
    drop(first);
    let second = logs.write(RUN, 1);
    let (_, mut reader) = logs.read(RUN, None, 0).expect("a log");
    second.push(b"second\n");
    assert_eq!(ready(&mut reader), [text("first\nsecond\n", 13)]);
    logs.cut();
    assert_eq!(reader.next().now_or_never(), Some(None), "the node stops: not the end");
    drop(second);
    assert_eq!(reader.next().now_or_never(), Some(None));
}

#[test]
fn the_logs_of_so_many_ended_attempts_are_remembered() {
    let logs = Arc::new(Logs::default());
    for attempt in 0..=ENDED_MAX as u16 {
        drop(logs.write(RUN, attempt));
    }
    assert!(logs.read(RUN, Some(0), 0).is_none());
    assert!(logs.read(RUN, Some(1), 0).is_some());
    assert_eq!(lock(&logs.0).logs.len(), ENDED_MAX);
}
