//! Webhooks of a node, for who receives them: is it from that node, and is it of now.

use api::{WEBHOOK_TOLERANCE_S, Webhook, WebhookSecret};
use std::time::SystemTime;

/// Why a webhook is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The secret is none.
    #[error("the secret is none: whsec_ and 24 to 64 bytes in base64")]
    Secret,
    /// It has no time, or was sent long ago, or long from now.
    #[error("the webhook was sent at {0:?}, which is not now: see to the clocks, or somebody sends an old one again")]
    Time(String),
    /// Somebody else sent it, or it was changed on its way.
    #[error("the signature is not of this webhook: another secret, or another sender")]
    Signature,
    /// It is signed, but not what this program knows.
    #[error("the webhook cannot be read: {0}")]
    Body(String),
}

/// Checks a webhook that came in and reads it. `id`, `timestamp` and `signature` are its headers [`api::WEBHOOK_ID`],
/// [`api::WEBHOOK_TIMESTAMP`] and [`api::WEBHOOK_SIGNATURE`]; `body` is what was sent, byte for byte.
///
/// A webhook may come twice: one with an `id` that you know is to be answered with success and nothing else.
///
/// # Errors
/// [`WebhookError`]: answer with 400 or 401, and do nothing.
pub fn verify_webhook(
    secret: &str,
    id: &str,
    timestamp: &str,
    signature: &str,
    body: &[u8],
) -> Result<Webhook, WebhookError> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    verify_at(now, secret, (id, timestamp, signature), body)
}

fn verify_at(now: u64, secret: &str, headers: (&str, &str, &str), body: &[u8]) -> Result<Webhook, WebhookError> {
    let (id, timestamp, signature) = headers;
    let secret = WebhookSecret::parse(secret).ok_or(WebhookError::Secret)?;
    let sent = timestamp.parse().ok().filter(|sent: &u64| sent.abs_diff(now) <= WEBHOOK_TOLERANCE_S);
    let sent = sent.ok_or_else(|| WebhookError::Time(timestamp.chars().take(40).collect()))?;
    if !secret.verify(id, sent, body, signature) {
        return Err(WebhookError::Signature);
    }
    serde_json::from_slice(body).map_err(|error| WebhookError::Body(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn only_what_was_signed_now_with_the_secret_is_read() {
        let body = format!(
            r#"{{"type":"workload.ended","timestamp":"2026-11-23T06:30:00.250Z","data":{{"chain":"{0}","workload":"{0}",
               "sender":"{0}","program":"{0}","state":"verified","explain":"verified","prover":"{0}","proof":null,
               "end":{{"reason":"proved","at":{{"height":3,"time_ms":5}},"to_prover":"1","to_verdicts":"0","refunded":"0","burned":"0"}}}}}}"#,
            "ab".repeat(32)
        );
        let signed =
            |body: &str| WebhookSecret::parse(SECRET).expect("a secret").sign("ended_x", 1000, body.as_bytes());
        let signature = signed(&body);
        let at = |now, id, time, body: &str| verify_at(now, SECRET, (id, time, &signature), body.as_bytes());
        let read = at(1000, "ended_x", "1000", &body).expect("a webhook");
        assert_eq!((read.kind.as_str(), read.data.state), ("workload.ended", api::WorkloadState::Verified));
        assert!(at(1300, "ended_x", "1000", &body).is_ok(), "clocks differ");
        for (now, time) in [(1301, "1000"), (699, "1000"), (1000, "-1"), (1000, "")] {
            assert!(matches!(at(now, "ended_x", time, &body), Err(WebhookError::Time(_))), "{now} {time}");
        }
        for (id, time, body) in [("ended_y", "1000", &*body), ("ended_x", "1001", &body), ("ended_x", "1000", "{}")] {
            assert_eq!(at(1000, id, time, body), Err(WebhookError::Signature));
        }
        assert_eq!(verify_at(1000, "secret", ("", "1000", ""), b""), Err(WebhookError::Secret));
        let other = verify_at(1000, SECRET, ("ended_x", "1000", &signed("{}")), b"{}");
        assert!(matches!(other, Err(WebhookError::Body(_))), "{other:?}");
    }
}
