//! What went wrong, for machines and for people: a problem object of RFC 9457 with a stable code, what became of the money,
//! and what to do next.

use serde::{Deserialize, Serialize};
use types::Refusal;
use utoipa::ToSchema;

/// The content type of a [`Problem`].
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Something that could not be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URI of the kind of problem: `urn:lemma:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in words, always the same for a code.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// The stable code of the kind, for machines: one of the protocol's refusals or of the API's own.
    pub code: String,
    /// What happened to the money.
    #[serde(default)]
    pub money: String,
    /// What to do next.
    pub hint: String,
    /// The request that it happened to: `urn:lemma:request:` and its id, which the node's log and the header `x-request-id` name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Where it is known: after how many seconds to come back. The header `Retry-After` says the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

/// A kind of problem that is the API's own and not a refusal of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// See [`Problem::code`].
    pub code: &'static str,
    /// See [`Problem::status`].
    pub status: u16,
    /// See [`Problem::title`].
    pub title: &'static str,
    /// See [`Problem::money`].
    pub money: &'static str,
    /// See [`Problem::hint`].
    pub hint: &'static str,
}

/// Of questions, which never cost anything.
const ASKED: &str = "nothing was charged: asking is free";
/// Of blobs, which are kept for nothing.
const STORED: &str = "nothing was charged: blobs are stored for free";
/// Of what was turned away before anything was done.
const BEFORE: &str = "nothing was charged: the node did nothing with the request";
/// Of what may have been a transaction.
const OPEN: &str =
    "nothing, unless it was a transaction: that may still enter a block, and is charged once however often it is sent";
/// Of transactions that were refused.
const REFUSED: &str = "nothing was charged: the transaction was refused before it entered a block";

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $status:literal, $title:literal, $money:expr, $hint:literal;)*) => {
        $($(#[$meta])*
        pub const $name: Kind = Kind { code: $code, status: $status, title: $title, money: $money, hint: $hint };)*

        /// All kinds that are the API's own.
        pub const KINDS: &[Kind] = &[$($name),*];
    };
}

kinds! {
    /// A path, a parameter or a body that cannot be read.
    BAD_REQUEST = "bad-request", 400, "the request cannot be read", BEFORE, "see /openapi.json for what is expected";
    /// An endpoint of the operator, without the operator's token.
    UNAUTHORIZED = "unauthorized", 401, "this is for the node's operator", BEFORE,
        "send `Authorization: Bearer TOKEN` with what is in http.operator.token_file";
    /// An endpoint of the operator, asked for in another host's name.
    FORBIDDEN = "forbidden", 403, "this is for the node's operator", BEFORE,
        "ask for it by the node's IP address, or have the operator set http.operator.token_file";
    /// No such path, program, prover, block or workload.
    NOT_FOUND = "not-found", 404, "there is no such thing", ASKED, "check the id, and whether the node has caught up";
    /// Another method than the path takes.
    METHOD = "method-not-allowed", 405, "the path takes other methods", BEFORE, "see /openapi.json";
    /// The blob is not in this node's store.
    BLOB_ABSENT = "blob-absent", 404, "the blob is not in this node's store", ASKED, "ask another node, or upload it";
    /// The proof waits for its verdicts.
    NOT_VERIFIED = "not-verified-yet", 409, "the proof is not verified yet", ASKED,
        "wait, or add ?unverified=true to take it as it is";
    /// There is no proof, now or ever.
    NO_PROOF = "no-proof", 404, "the workload has no proof",
        "nothing for asking; what became of the fee stands in the workload's `end`", "see the workload's explain";
    /// There is no log of that attempt here.
    NO_LOG = "no-log", 404, "there is no log of that attempt here", ASKED,
        "only the prover of an attempt and failed attempts have logs";
    /// Another node ran that attempt.
    LOG_ELSEWHERE = "log-elsewhere", 404, "another node has the log of that attempt", ASKED,
        "ask the node of the attempt's prover";
    /// A receipt is made once the workload has ended.
    NOT_ENDED = "not-ended-yet", 409, "the workload has not ended yet",
        "nothing for asking; the fee of the workload is locked until its end",
        "follow /v1/events?workload=ID until it ends";
    /// The body is larger than allowed.
    TOO_LARGE = "too-large", 413, "the body is too large", BEFORE,
        "move large inputs into blobs; see /v1/params for the limits";
    /// The body has a content type that the path does not take.
    MEDIA_TYPE = "unsupported-media-type", 415, "the body has another content type than expected", BEFORE,
        "see /openapi.json";
    /// None of the bytes that are asked for are there.
    RANGE = "range", 416, "the blob does not have these bytes", ASKED, "ask for its size with HEAD";
    /// The bytes have another hash than the name that they were sent under.
    HASH_MISMATCH = "hash-mismatch", 422, "the bytes have another hash", STORED, "send the bytes that have this hash";
    /// This address sends more requests than it may.
    RATE = "rate", 429, "this address sends requests too fast", BEFORE,
        "come back after `retry_after_s`, send fewer, or ask the operator to exempt this address";
    /// This address has stored as much as it may that nobody needs.
    UPLOAD_QUOTA = "upload-quota", 429, "this address has uploaded as much as it may that no workload needs", STORED,
        "name the blobs in a run, come back later, or use another node";
    /// Too many requests or streams are under way.
    TOO_MANY = "too-many-requests", 429, "too many requests are under way", BEFORE, "try again in a moment";
    /// The headers are too large.
    HEADERS = "headers-too-large", 431, "the headers are too large", BEFORE, "send fewer or shorter headers";
    /// This node's fault.
    INTERNAL = "internal", 500, "the node failed", OPEN,
        "ask for the transaction's state; tell the operator the request id, which stands in the node's log";
    /// The node cannot answer now.
    BUSY = "busy", 503, "the node cannot answer now", BEFORE, "try again later";
    /// The node runs, but cannot be relied on now.
    NOT_READY = "not-ready", 503, "the node is not ready", ASKED, "use another node until this one says it is ready";
    /// The node is stopping.
    STOPPED = "stopped", 503, "the node is stopping", BEFORE, "ask another node";
    /// The node's own parts did not answer in time.
    TIMEOUT = "timeout", 504, "the node did not answer in time", OPEN,
        "sending the same transaction again is harmless; ask for its state first";
    /// The blob store is full.
    STORE_FULL = "store-full", 507, "the blob store is full", STORED, "ask the operator for room, or use another node";
}

impl Problem {
    /// A problem of one of the API's own kinds.
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let Kind { code, status, title, money, hint } = kind;
        Self {
            kind: format!("urn:lemma:problem:{code}"),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            code: code.to_owned(),
            money: money.to_owned(),
            hint: hint.to_owned(),
            instance: None,
            retry_after_s: None,
        }
    }

    /// The same problem with a hint for this case.
    #[must_use]
    pub fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same problem, which may be gone after so many seconds.
    #[must_use]
    pub const fn again_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// The same problem, which happened to the request of this id.
    #[must_use]
    pub fn at(mut self, request: &str) -> Self {
        self.instance = Some(format!("urn:lemma:request:{request}"));
        self
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        let (code, hint) = (refusal.code(), refusal.hint());
        let kind = Kind { code, status: status(refusal), title: "", money: money(refusal), hint };
        Self { title: format!("refused: {}", code.replace('-', " ")), ..Self::new(kind, refusal.to_string()) }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}; {}", self.title, self.code, self.detail, self.hint)
    }
}

impl std::error::Error for Problem {}

/// What happened to the money of a transaction that was refused.
#[must_use]
pub const fn money(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NonceUsed { .. } => {
            "nothing was charged for this one; a transaction with its nonce is in a block and paid its fee there"
        }
        Refusal::Repeated | Refusal::Punished => "nothing more was charged: it took effect before, once",
        Refusal::Full(_) | Refusal::Busy => "nothing was charged: the transaction was not taken in",
        Refusal::Funds { .. } => "nothing was charged, and nothing is locked: what the account holds is untouched",
        _ => REFUSED,
    }
}

/// The HTTP status that fits a refusal best.
#[must_use]
pub const fn status(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::Malformed(_) => 400,
        Refusal::FeeLimit { .. } | Refusal::Funds { .. } => 402,
        Refusal::NotYours | Refusal::NoRole(_) => 403,
        Refusal::NonceUsed { .. }
        | Refusal::NonceGap { .. }
        | Refusal::ProgramExists
        | Refusal::WrongState { .. }
        | Refusal::Registered
        | Refusal::NotWhile(_)
        | Refusal::Punished
        | Refusal::Repeated
        | Refusal::NonceTaken => 409,
        Refusal::TooLarge { .. } => 413,
        Refusal::Full(_) | Refusal::Busy => 503,
        _ => 422,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        let codes: std::collections::BTreeSet<_> = KINDS.iter().map(|kind| kind.code).collect();
        assert_eq!(codes.len(), KINDS.len());
    }

    #[test]
    fn a_refusal_keeps_its_code_and_hint() {
        let refusal = Refusal::NonceGap { got: 7, next: 5 };
        let problem = Problem::from(&refusal);
        assert_eq!((problem.status, problem.code.as_str()), (409, "nonce-gap"));
        assert_eq!(problem.hint, refusal.hint());
        let json = serde_json::to_value(&problem).expect("json");
        assert_eq!(json["type"], "urn:lemma:problem:nonce-gap");
        assert_eq!(serde_json::from_value::<Problem>(json).expect("problem"), problem);
    }
}
