//! What provers and validators ask of the chain, put together here: secrets stay on this machine.

use types::{
    AccountId, Amount, ChainId, CodecError, List, Resources, Text, VerdictSecret,
    limits::{CHANGES_MAX, TEXT_MAX, UNITS_MAX},
    params::PARAMETERS,
    registry::{Change, Changes, ProverUpdate, Registration},
};

/// Why a call cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// A prover without cores, or with more than it can have.
    #[error("a prover has 1 to {UNITS_MAX} cores, not {0}")]
    Cores(u32),
    /// An address at which no client would find an API.
    #[error("{0:?} is not the address of an API")]
    Address(String),
    /// There is no such parameter.
    #[error("there is no parameter {0:?}")]
    Unknown(String),
    /// The parameter is not for votes.
    #[error("{0} stays for the life of the chain")]
    Fixed(&'static str),
    /// A value outside of what the parameter may be.
    #[error("{name} may be {min} to {max}, not {got}")]
    Bounds {
        /// The parameter.
        name: &'static str,
        /// The value.
        got: String,
        /// The least it may be.
        min: String,
        /// The most it may be.
        max: String,
    },
    /// A parameter that is given twice.
    #[error("{0} is given twice")]
    Twice(&'static str),
    /// More changes than one vote has.
    #[error("one vote changes at most {CHANGES_MAX} parameters")]
    Many,
}

impl CallError {
    /// What to do next.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Cores(_) => "declare what the machine really has: it is tested",
            Self::Address(_) => "give it as http://HOST:PORT, with at most 128 characters",
            Self::Unknown(_) | Self::Fixed(_) | Self::Bounds { .. } => {
                "`lemma params` shows all of them, their bounds, and which can be voted on"
            }
            Self::Twice(_) => "give each parameter once",
            Self::Many => "vote for the others in the next epoch",
        }
    }
}

/// What an account declares to become a prover. The proof of possession of its verdict key is made here.
///
/// # Errors
/// When the cores are none or too many, or the address is none.
pub fn registration(
    chain: ChainId,
    account: AccountId,
    verdict: &VerdictSecret,
    capacity: Resources,
    address: &str,
    bond: Amount,
) -> Result<Registration, CallError> {
    cores(&capacity)?;
    let (key, possession) = (verdict.public(), verdict.prove_possession(chain, account));
    Ok(Registration { key, possession, capacity, address: self::address(address)?, bond })
}

/// What a prover changes about itself; what is not given stays.
///
/// # Errors
/// As [`registration`].
pub fn update(
    capacity: Option<Resources>,
    drain: Option<bool>,
    address: Option<&str>,
) -> Result<ProverUpdate, CallError> {
    capacity.as_ref().map_or(Ok(()), cores)?;
    Ok(ProverUpdate { capacity, drain, address: address.map(self::address).transpose()? })
}

fn cores(capacity: &Resources) -> Result<(), CallError> {
    if (1..=UNITS_MAX).contains(&capacity.cpus) { Ok(()) } else { Err(CallError::Cores(capacity.cpus)) }
}

/// The address of an API, or nothing.
fn address(text: &str) -> Result<Text<TEXT_MAX>, CallError> {
    let wrong = || CallError::Address(text.chars().take(TEXT_MAX).collect());
    if !text.is_empty() {
        let url = reqwest::Url::parse(text).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(wrong());
        }
    }
    Text::new(text).map_err(|_: CodecError| wrong())
}

/// What a vote asks for: parameters by name with their values, in any order, each once. None takes an earlier vote back.
///
/// # Errors
/// When a parameter does not exist, cannot be voted on, is given twice, or may not have that value; when they are too many.
pub fn changes(wanted: &[(String, u64)]) -> Result<Changes, CallError> {
    let mut all: Vec<Change> = wanted.iter().map(|(name, value)| change(name, *value)).collect::<Result<_, _>>()?;
    all.sort_unstable();
    let twice = all.iter().zip(all.iter().skip(1)).find(|(one, next)| one.parameter == next.parameter);
    if let Some((one, _)) = twice {
        let known = PARAMETERS.iter().find(|known| known.name == &*one.parameter);
        return Err(CallError::Twice(known.map_or("a parameter", |known| known.name)));
    }
    List::new(all).map_err(|_| CallError::Many)
}

fn change(name: &str, value: u64) -> Result<Change, CallError> {
    let unknown = || CallError::Unknown(name.chars().take(40).collect());
    let known = PARAMETERS.iter().find(|known| known.name == name).ok_or_else(unknown)?;
    if !known.votable {
        return Err(CallError::Fixed(known.name));
    }
    if value < known.min || value > known.max {
        let text = |number| api::Value::of(known.unit, number).to_string();
        let (name, got) = (known.name, text(value));
        return Err(CallError::Bounds { name, got, min: text(known.min), max: text(known.max) });
    }
    Ok(Change { parameter: Text::new(name).map_err(|_| unknown())?, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: ChainId = ChainId([1; 32]);
    const ACCOUNT: AccountId = AccountId([2; 32]);

    fn capacity(cpus: u32) -> Resources {
        Resources { cpus, ..Resources::default() }
    }

    fn register(cpus: u32, address: &str) -> Result<Registration, CallError> {
        let verdict = VerdictSecret::derive(&[7; 32]).expect("key");
        registration(CHAIN, ACCOUNT, &verdict, capacity(cpus), address, Amount(5))
    }

    fn wanted(pairs: &[(&str, u64)]) -> Result<Changes, CallError> {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        changes(&pairs)
    }

    #[test]
    fn a_registration_proves_possession_for_its_chain_and_account() {
        let made = register(4, "http://prover.example:8080").expect("made");
        assert!(made.key.is_possessed(CHAIN, ACCOUNT, &made.possession));
        assert!(!made.key.is_possessed(ChainId([9; 32]), ACCOUNT, &made.possession));
        assert!(register(4, "").is_ok(), "a prover need not say where it is");
    }

    #[test]
    fn what_no_prover_can_declare_is_refused_here() {
        assert_eq!(register(0, ""), Err(CallError::Cores(0)));
        assert_eq!(register(UNITS_MAX + 1, ""), Err(CallError::Cores(UNITS_MAX + 1)));
        let long = format!("http://{}", "a".repeat(200));
        for address in ["prover.example:8080", "ftp://host", "http://", &long] {
            assert!(matches!(register(1, address), Err(CallError::Address(_))), "{address}");
        }
        assert_eq!(update(Some(capacity(0)), None, None), Err(CallError::Cores(0)));
        assert_eq!(update(None, Some(true), None).expect("made").drain, Some(true));
    }

    #[test]
    fn changes_are_in_order_whatever_the_order_they_are_given_in() {
        let made = wanted(&[("slash", 500), ("jail_users", 4)]).expect("made");
        let names: Vec<&str> = made.iter().map(|change| &*change.parameter).collect();
        assert_eq!(names, ["jail_users", "slash"]);
        assert!(wanted(&[]).expect("taken back").is_empty());
    }

    #[test]
    fn what_cannot_be_voted_for_is_refused_with_its_reason() {
        assert_eq!(wanted(&[("nonsense", 1)]), Err(CallError::Unknown("nonsense".to_owned())));
        assert_eq!(wanted(&[("step_max", 1)]), Err(CallError::Fixed("step_max")));
        assert_eq!(wanted(&[("slash", 1), ("slash", 2)]), Err(CallError::Twice("slash")));
        let error = wanted(&[("bond_per_unit", 0)]).expect_err("too little").to_string();
        assert!(error.contains("bond_per_unit may be 0.000000001 to ") && error.ends_with("not 0"), "{error}");
        let votable = PARAMETERS.iter().filter(|known| known.votable);
        let many: Vec<_> = votable.map(|known| (known.name.to_owned(), known.default)).collect();
        assert_eq!(changes(&many), Err(CallError::Many));
    }
}
