//! That a tiny measurement works: it says nothing about time.

use bench::{Options, measure, open::Amounts};

#[test]
fn everything_is_measured_on_every_chain() {
    let options = Options { sizes: vec![100, 300], samples: 1, amounts: Amounts::FEW };
    let mut told = Vec::new();
    let report = measure(&options, &mut |line| told.push(line.to_owned())).unwrap();
    assert_eq!(told.first().map(String::as_str), Some("writing 100 accounts and open workloads"));
    let kinds: Vec<&str> = report.rows.iter().filter(|row| row.size == 100).map(|row| row.what).collect();
    for kind in ["transfer", "run", "accept", "fail", "announcement", "settlement, set of 4", "settlement, set of 64"] {
        assert_eq!(kinds.iter().filter(|other| **other == kind).count(), 2, "{kind} with and without signatures");
    }
    assert_eq!(report.rows.len(), 2 * kinds.len());
    assert!(report.rows.iter().all(|row| row.micros > 0.0 && row.per_block > 0));
    assert!(serde_json::to_string(&report).unwrap().contains("\"within\":"));
}

#[test]
fn a_chain_that_is_too_small_is_refused() {
    let options = Options { sizes: vec![10], samples: 1, amounts: Amounts::FEW };
    let error = measure(&options, &mut |_| ()).unwrap_err().to_string();
    assert!(error.contains("at least"), "{error}");
}
