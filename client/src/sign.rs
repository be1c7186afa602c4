//! Transactions, made and signed without a node.

use crate::ClientError;
use types::{
    AccountId, Amount, Call, ChainId, CodecError, Height, Params, SecretKey, Signed, Transaction, codec,
    fee::transaction_fee, limits::TRANSACTION_MAX, sign::Signature, transaction::SignedTransaction,
};

/// Everything that a transaction needs but a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The network it is meant for.
    pub chain: ChainId,
    /// How many transactions of the sender came before.
    pub nonce: u64,
    /// The last block that may hold it.
    pub valid_until: Height,
    /// The most the sender pays for the transaction itself; exactly its fee under the given parameters, if there is none.
    pub fee_limit: Option<Amount>,
    /// What is asked for.
    pub call: Call,
}

impl Draft {
    /// Signs it.
    ///
    /// # Errors
    /// [`ClientError::Overflow`] if its fee cannot be said.
    pub fn sign(self, params: &Params, secret: &SecretKey) -> Result<SignedTransaction, ClientError> {
        let fee = match self.fee_limit {
            Some(limit) => limit,
            None => self.fee(params, secret.account())?,
        };
        Ok(Signed::new(self.transaction(secret.account(), fee), secret))
    }

    /// The fee of the transaction itself, which depends on its length alone.
    ///
    /// # Errors
    /// [`ClientError::Overflow`] if it cannot be said.
    pub fn fee(&self, params: &Params, sender: AccountId) -> Result<Amount, ClientError> {
        let value = self.clone().transaction(sender, Amount::ZERO);
        let bytes = codec::encode(&Signed { value, signature: Signature([0; 64]) }).len();
        transaction_fee(params, bytes).ok_or(ClientError::Overflow)
    }

    fn transaction(self, sender: AccountId, fee_limit: Amount) -> Transaction {
        let Self { chain, nonce, valid_until, call, .. } = self;
        Transaction { chain, sender, nonce, fee_limit, valid_until, call }
    }
}

/// The canonical bytes of a signed transaction: what a node takes.
#[must_use]
pub fn encode_signed(signed: &SignedTransaction) -> Vec<u8> {
    codec::encode(signed)
}

/// Reads the canonical bytes of a signed transaction. Its signature is not checked.
///
/// # Errors
/// When the bytes are too many or no transaction.
pub fn decode_signed(bytes: &[u8]) -> Result<SignedTransaction, CodecError> {
    codec::decode(bytes, TRANSACTION_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        let call = Call::Transfer { to: AccountId([2; 32]), amount: Amount(5) };
        Draft { chain: ChainId([1; 32]), nonce: 3, valid_until: Height(9), fee_limit: None, call }
    }

    #[test]
    fn the_fee_is_that_of_the_signed_bytes() {
        let (params, secret) = (Params::default(), SecretKey::from_bytes(&[7; 32]).expect("key"));
        let signed = draft().sign(&params, &secret).expect("fee");
        let bytes = encode_signed(&signed);
        assert_eq!(Some(signed.value.fee_limit), transaction_fee(&params, bytes.len()));
        assert_eq!(decode_signed(&bytes).as_ref(), Ok(&signed));
        assert!(signed.verify(ChainId([1; 32])).is_ok());
    }

    #[test]
    fn a_limit_that_is_given_stays() {
        let secret = SecretKey::from_bytes(&[7; 32]).expect("key");
        let limited = Draft { fee_limit: Some(Amount(1)), ..draft() };
        assert_eq!(limited.sign(&Params::default(), &secret).expect("signed").value.fee_limit, Amount(1));
    }
}
