//! The way of a transaction into the mempool: read what decides about it, check, keep, tell.

use crate::{
    Replica,
    gossip::Origin,
    journal,
    out::Out,
    reads::{Purpose, record},
};
use bytes::Bytes;
use types::{
    Refusal, Text, TxId,
    gossip::Gossip,
    host::{HostRequest, Notice},
    record::{Account, Meta},
    state_key,
    transaction::SignedTransaction,
};

impl Replica {
    /// Somebody sends a transaction. Sending one again is harmless.
    pub(crate) fn take_transaction(&mut self, signed: SignedTransaction, origin: Origin, out: &mut Out<'_>) {
        let id = signed.value.id();
        if self.mempool.contains(&id) {
            if matches!(origin, Origin::User(_))
                && let Some(signed) = self.mempool.adopt(&signed)
            {
                out.persist(journal::transaction(id), signed);
            }
            answer(origin, Ok(id), out);
            return;
        }
        // A forgery of a peer costs no read.
        if matches!(origin, Origin::Peer(_))
            && let Err(refusal) = signed.clone().verify(self.chain.id)
        {
            refuse(origin, refusal, out);
            return;
        }
        // The chain as a whole first, then what the ledger asks for: the sender's account first.
        let keys = [vec![state_key::meta()], ledger::admission::keys(&signed)].concat();
        let purpose = Purpose::Transaction { signed: Box::new(signed), origin };
        if !self.reads.ask(purpose, keys, out) {
            refuse(origin, Refusal::Busy, out);
        }
    }

    /// Looks again at transactions that got into no block for a while.
    pub(crate) fn check_again(&mut self, out: &mut Out<'_>) {
        for signed in self.mempool.overdue(out.now) {
            let keys = [vec![state_key::meta()], ledger::admission::keys(&signed)].concat();
            self.reads.ask(Purpose::Overdue(Box::new(signed)), keys, out);
        }
    }

    /// What decides about an overdue transaction was read.
    pub(crate) fn keep_or_drop(&mut self, signed: &SignedTransaction, values: &[Option<Bytes>], out: &mut Out<'_>) {
        if let Err(refusal) = self.next_nonce(signed, values) {
            self.mempool.refuse(signed, refusal, out);
        }
    }

    /// What decides about a transaction was read.
    pub(crate) fn admit(
        &mut self,
        signed: SignedTransaction,
        origin: Origin,
        values: &[Option<Bytes>],
        out: &mut Out<'_>,
    ) {
        let (id, kind) = (signed.value.id(), signed.value.call.kind());
        let admitted = self.next_nonce(&signed, values);
        let own = !matches!(origin, Origin::Peer(_));
        let kept = admitted.and_then(|next| self.mempool.insert(signed.clone(), next, own, out));
        if let Err(refusal) = kept {
            match refusal {
                // After a crash the state may be behind the one that the transaction was admitted against.
                refusal if origin == Origin::Own && may_pass(&refusal) => self.mempool.wait(signed),
                refusal if origin == Origin::Own => {
                    out.forget(journal::transaction(id));
                    refuse(origin, refusal, out);
                }
                refusal => refuse(origin, refusal, out),
            }
            return;
        }
        if matches!(origin, Origin::User(_)) {
            out.persist(journal::transaction(id), &signed);
        }
        if own {
            out.tell_all(&Gossip::Transaction(signed));
        }
        out.publish(Notice::Pending { transaction: id, kind: Text::truncated(kind) });
        answer(origin, Ok(id), out);
    }
}

impl Replica {
    /// Whether a transaction is admitted, and the next nonce of its sender.
    fn next_nonce(&self, signed: &SignedTransaction, values: &[Option<Bytes>]) -> Result<u64, Refusal> {
        let (meta, rest) = values.split_first().ok_or(Refusal::Busy)?;
        // Before the first block there is no state to check against.
        let meta: Meta = record(Some(meta)).ok_or(Refusal::Busy)?;
        ledger::admission::check(&self.genesis, &meta, signed, rest)?;
        Ok(record::<Account>(rest.first()).unwrap_or_default().nonce)
    }
}

/// Whether a later state may admit what this one refuses. In the end it is past.
const fn may_pass(refusal: &Refusal) -> bool {
    use Refusal::{BadSignature, Malformed, NonceUsed, Past, ProgramExists, Repeated, TooLarge, WrongChain};
    !matches!(
        refusal,
        BadSignature
            | Malformed(_)
            | NonceUsed { .. }
            | Past { .. }
            | ProgramExists
            | Repeated
            | TooLarge { .. }
            | WrongChain
    )
}

fn refuse(origin: Origin, refusal: Refusal, out: &mut Out<'_>) {
    out.refused("transaction", &refusal);
    answer(origin, Err(refusal), out);
}

fn answer(origin: Origin, result: Result<TxId, Refusal>, out: &mut Out<'_>) {
    if let Origin::User(token) = origin {
        out.host(&HostRequest::Submitted { token, result });
    }
}
