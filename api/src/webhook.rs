//! What a node tells its operator's services when a workload has ended, and how it signs that: as *Standard Webhooks* 1.0 says, so
//! that any of its libraries can check it.

use crate::{Clock, End, Proof, Waiting, WorkloadState, explain};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use types::{AccountId, ChainId, Params, ProgramId, WorkloadId};

/// The header with the name of a message: the same however often it is sent.
pub const WEBHOOK_ID: &str = "webhook-id";
/// The header with the time of sending, in seconds since the Unix epoch.
pub const WEBHOOK_TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures, apart by spaces.
pub const WEBHOOK_SIGNATURE: &str = "webhook-signature";
/// How far the time of sending may be from the receiver's clock, in seconds.
pub const WEBHOOK_TOLERANCE_S: u64 = 5 * 60;

/// The type of the only message that there is.
const ENDED: &str = "workload.ended";
/// What a secret begins with where it is written.
const PREFIX: &str = "whsec_";
/// Bytes of a secret.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// What a signature of this scheme begins with.
const VERSION: &str = "v1,";

/// A message: a workload has ended, and its end is final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// `workload.ended`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The chain time of the end, such as `2026-11-23T06:30:00.250Z`.
    pub timestamp: String,
    /// The workload.
    pub data: EndedWorkload,
}

/// A workload that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedWorkload {
    /// The network.
    pub chain: ChainId,
    /// The workload.
    pub workload: WorkloadId,
    /// Who asked and paid.
    pub sender: AccountId,
    /// What was run.
    pub program: ProgramId,
    /// The state that it stays in.
    pub state: WorkloadState,
    /// One sentence: what happened, and where the money went.
    pub explain: String,
    /// The prover of the last attempt.
    pub prover: Option<AccountId>,
    /// The proof that was announced last.
    pub proof: Option<Proof>,
    /// The end, and where its money went.
    pub end: End,
}

impl Webhook {
    /// The message about a workload; none while it has not ended.
    #[must_use]
    pub fn ended(record: &types::Workload, chain: ChainId) -> Option<Self> {
        let end = End::from(record.end.as_ref()?);
        // Of an end neither the time nor the parameters are told.
        let clock = Clock { now: record.since.time, params: Params::default() };
        let shown = crate::Workload::new(record, &clock, Waiting::Unknown);
        let data = EndedWorkload {
            chain,
            workload: record.id,
            sender: record.sender,
            program: record.run.program,
            state: shown.state,
            explain: explain(record, &clock, Waiting::Unknown),
            prover: record.attempts.last().map(|attempt| attempt.prover),
            proof: shown.proof,
            end,
        };
        Some(Self { kind: ENDED.to_owned(), timestamp: timestamp(data.end.at.time_ms), data })
    }

    /// The name of the message about a workload's end.
    #[must_use]
    pub fn id(workload: WorkloadId) -> String {
        format!("ended_{workload}")
    }
}

/// Milliseconds since the Unix epoch as RFC 3339 writes them.
fn timestamp(ms: u64) -> String {
    let (days, second, milli) = (ms / 86_400_000, ms / 1000 % 86_400, ms % 1000);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// Year, month and day of a day since 1970-01-01, counted in years that begin in March, whose leap day comes last.
fn date(days: u64) -> (u64, u64, u64) {
    let since = days + 719_468; // from 0000-03-01
    let (era, of_era) = (since / 146_097, since % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

/// The secret that a node and one receiver share.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebhookSecret")
    }
}

impl WebhookSecret {
    /// Reads a secret as the scheme writes it: `whsec_` and 24 to 64 bytes in base64.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_STANDARD.decode(text.trim().strip_prefix(PREFIX)?).ok()?;
        SECRET_BYTES.contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The signature of a message that is sent at a time, as it stands in [`WEBHOOK_SIGNATURE`].
    #[must_use]
    pub fn sign(&self, id: &str, timestamp_s: u64, body: &[u8]) -> String {
        let code = self.code(id, timestamp_s, body).map(|code| code.finalize().into_bytes()).unwrap_or_default();
        format!("{VERSION}{}", BASE64_STANDARD.encode(code))
    }

    /// Whether one of `signatures` is of this message, sent at this time. Takes as long whichever of its bytes is wrong.
    #[must_use]
    pub fn verify(&self, id: &str, timestamp_s: u64, body: &[u8], signatures: &str) -> bool {
        let given = signatures.split(' ').filter_map(|it| BASE64_STANDARD.decode(it.strip_prefix(VERSION)?).ok());
        let mut given = given.take(16);
        given.any(|tag| self.code(id, timestamp_s, body).is_some_and(|code| code.verify_slice(&tag).is_ok()))
    }

    /// The code over what is signed. A key may have any length, so there is one.
    fn code(&self, id: &str, timestamp_s: u64, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut code = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        [id.as_bytes(), b".", timestamp_s.to_string().as_bytes(), b".", body].iter().for_each(|part| code.update(part));
        Some(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the scheme's own libraries are tested with.
    const EXAMPLE: (&str, &str, u64, &[u8], &str) = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        br#"{"test": 2432232314}"#,
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );

    #[test]
    fn a_signature_is_that_of_the_scheme() {
        let (secret, id, time, body, signature) = EXAMPLE;
        let secret = WebhookSecret::parse(secret).expect("a secret");
        assert_eq!(secret.sign(id, time, body), signature);
        assert!(secret.verify(id, time, body, &format!("v1,AAAA v2,x {signature}")));
        for (id, time, body) in [("msg_other", time, body), (id, time + 1, body), (id, time, b"{}".as_slice())] {
            assert!(!secret.verify(id, time, body, signature));
        }
        for none in ["", "v1,", "v1", "v1a,g0hM", &signature[3..]] {
            assert!(!secret.verify(id, time, body, none), "{none}");
        }
    }

    #[test]
    fn a_secret_is_long_enough_and_never_shown() {
        let of = |bytes: usize| WebhookSecret::parse(&format!("whsec_{}\n", BASE64_STANDARD.encode(vec![7; bytes])));
        assert_eq!([23, 24, 64, 65].map(|bytes| of(bytes).is_some()), [false, true, true, false]);
        assert_eq!(WebhookSecret::parse("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), None);
        assert_eq!(format!("{:?}", of(24)), "Some(WebhookSecret)");
    }

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        let told = [0, 951_782_400_000, 1_709_164_799_999, 1_735_689_600_000, 4_107_542_400_001].map(timestamp);
        let known = [
            "1970-01-01T00:00:00.000Z",
            "2000-02-29T00:00:00.000Z",
            "2024-02-28T23:59:59.999Z",
            "2025-01-01T00:00:00.000Z",
            "2100-03-01T00:00:00.001Z",
        ];
        assert_eq!(told, known);
    }
}
