//! Checks evidence with the offline checkers, and that nothing of it can be changed.

use ports::{Evidence, Header, Key};
use receipt::{verify_finalization, verify_value};

const NAMESPACE: &[u8] = b"lemma-sim";

/// Everything that evidence consists of.
#[derive(Clone)]
struct Parts {
    header: Vec<u8>,
    certificate: Vec<u8>,
    key: Vec<u8>,
    value: Vec<u8>,
    proof: Vec<u8>,
}

fn holds(group_key: &[u8; 96], parts: &Parts) -> bool {
    let (Ok(header), Ok(key)) = (Header::decode(&parts.header), Key::try_from(&parts.key[..])) else {
        return false;
    };
    verify_finalization(group_key, NAMESPACE, &header, &parts.certificate).is_ok()
        && verify_value(&header.state_root, &key, &parts.value, &parts.proof).is_ok()
}

fn parts(evidence: &Evidence) -> Vec<Parts> {
    let part = |(key, value, proof): &(Key, bytes::Bytes, bytes::Bytes)| Parts {
        header: evidence.header.to_vec(),
        certificate: evidence.certificate.to_vec(),
        key: key.to_vec(),
        value: value.to_vec(),
        proof: proof.to_vec(),
    };
    evidence.values.iter().map(part).collect()
}

/// Checks all values and returns the header.
pub fn check(group_key: &[u8; 96], evidence: &Evidence) -> Header {
    assert!(!evidence.values.is_empty());
    assert!(parts(evidence).iter().all(|parts| holds(group_key, parts)));
    Header::decode(&evidence.header).expect("a header")
}

/// Flips, cuts and adds bytes everywhere.
pub fn refuse_every_change(group_key: &[u8; 96], evidence: &Evidence) {
    let sound = parts(evidence).remove(0);
    let fields: [fn(&mut Parts) -> &mut Vec<u8>; 5] = [
        |parts| &mut parts.header,
        |parts| &mut parts.certificate,
        |parts| &mut parts.key,
        |parts| &mut parts.value,
        |parts| &mut parts.proof,
    ];
    for (number, field) in fields.into_iter().enumerate() {
        let bytes = field(&mut sound.clone()).clone();
        for place in 0..bytes.len() {
            for bit in [0x01, 0x80] {
                let mut changed = sound.clone();
                field(&mut changed)[place] ^= bit;
                assert!(!holds(group_key, &changed), "field {number}, byte {place}, bit {bit}");
            }
            let mut cut = sound.clone();
            field(&mut cut).truncate(place);
            assert!(!holds(group_key, &cut), "field {number} cut at {place}");
        }
        let mut longer = sound.clone();
        field(&mut longer).push(0);
        assert!(!holds(group_key, &longer), "field {number} with one more byte");
    }
    let mut other = *group_key;
    other[95] ^= 1;
    assert!(!holds(&other, &sound));
    assert!(
        verify_finalization(
            group_key,
            b"another",
            &Header::decode(&sound.header).expect("a header"),
            &sound.certificate
        )
        .is_err()
    );
}
