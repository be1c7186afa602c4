//! Amounts as people write them: `2GiB`, `90s`.

use std::{fmt, str::FromStr};
use types::{
    Amount, Millis,
    params::{PARAMETERS, Unit},
};

/// Memory or disk, in MiB, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mebibytes(pub u32);

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Millis);

/// An amount of money that is not nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum(pub Amount);

/// A parameter with a value: `slash=500`, `transaction_fee=0.002`, `accept_window=5s`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The parameter.
    pub name: String,
    /// Its value, in its unit.
    pub value: u64,
}

/// Why a text is none of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not a size.
    #[error("expected a size such as 512MiB or 2GiB, got {0:?}")]
    Size(String),
    /// Not a span of time.
    #[error("expected a time such as 500ms, 90s, 2m or 1h30m, got {0:?}")]
    Span(String),
    /// Not an amount, or nothing.
    #[error("expected an amount of LEM above 0 such as 12, 0.5 or 3.25, got {0:?}")]
    Money(String),
    /// Not a parameter with a value.
    #[error("expected NAME=VALUE, such as slash=500, got {0:?}")]
    Setting(String),
    /// There is no such parameter.
    #[error("there is no parameter {0:?}{1}; `lemma params` shows all of them")]
    Unknown(String, String),
    /// Not a value of the parameter.
    #[error("expected for {name} {expected}, got {got:?}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// What its values look like.
        expected: &'static str,
        /// What was given.
        got: String,
    },
}

const SIZES: [(&str, u64); 9] = [
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

const SPANS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

impl FromStr for Mebibytes {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let error = || UnitError::Size(text.chars().take(40).collect());
        let (number, unit) = split(text);
        let bytes = scaled(number, lookup(&SIZES, unit).ok_or_else(error)?).ok_or_else(error)?;
        u32::try_from(bytes.div_ceil(1 << 20)).map(Self).map_err(|_| error())
    }
}

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let error = || UnitError::Span(text.chars().take(40).collect());
        let (mut rest, mut total) = (text, 0u64);
        while !rest.is_empty() {
            let (number, unit, after) = part(rest);
            let span = scaled(number, lookup(&SPANS, unit).ok_or_else(error)?).ok_or_else(error)?;
            total = total.checked_add(span).ok_or_else(error)?;
            rest = after;
        }
        if text.is_empty() { Err(error()) } else { Ok(Self(Millis(total))) }
    }
}

impl FromStr for Sum {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let amount = text.parse().ok().filter(|amount| *amount > Amount::ZERO);
        amount.map(Self).ok_or_else(|| UnitError::Money(text.chars().take(40).collect()))
    }
}

impl FromStr for Setting {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let cut = |text: &str| text.chars().take(40).collect::<String>();
        let (name, value) = text.split_once('=').ok_or_else(|| UnitError::Setting(cut(text)))?;
        let known = PARAMETERS.iter().find(|known| known.name == name).ok_or_else(|| unknown(&cut(name)))?;
        let (number, expected) = in_unit(known.unit, value);
        let wrong = || UnitError::Value { name: known.name, expected, got: cut(value) };
        Ok(Self { name: name.to_owned(), value: number.ok_or_else(wrong)? })
    }
}

fn unknown(name: &str) -> UnitError {
    let near = nearest(name, PARAMETERS.iter().map(|known| known.name));
    UnitError::Unknown(name.to_owned(), near.map_or(String::new(), |near| format!("; did you mean {near}?")))
}

/// The word that was most likely meant, if one is near enough.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.8;
    let close = known.map(|it| (strsim::jaro_winkler(word, it), it)).filter(|(near, _)| *near >= NEAR);
    close.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, it)| it)
}

/// The number that a text says in a unit, and what such texts look like.
fn in_unit(unit: Unit, text: &str) -> (Option<u64>, &'static str) {
    let plain = text.parse::<u64>().ok();
    match unit {
        Unit::Money => (text.parse::<Amount>().ok().map(|amount| amount.0), "an amount of LEM such as 12 or 0.5"),
        Unit::Milliseconds => {
            let span = || text.parse::<Span>().ok().map(|span| span.0.0);
            (plain.or_else(span), "milliseconds, or a time such as 90s or 1h30m")
        }
        Unit::Bytes => {
            let (number, unit) = split(text);
            let size = || scaled(number, lookup(&SIZES, unit)?);
            (plain.or_else(size), "bytes, or a size such as 16KiB")
        }
        Unit::Permille => (plain, "a whole number of thousandths"),
        Unit::Number | Unit::Blocks | Unit::Fuel => (plain, "a whole number"),
    }
}

fn lookup(units: &[(&str, u64)], unit: &str) -> Option<u64> {
    units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor)
}

/// A number and what follows it.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim())
}

/// A number, its unit, and what follows them.
fn part(text: &str) -> (&str, &str, &str) {
    let (number, rest) = text.split_at(text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len()));
    let (unit, after) = rest.split_at(rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len()));
    (number, unit.trim(), after)
}

/// `number × factor`, where the number may have up to nine decimals, rounded up.
fn scaled(number: &str, factor: u64) -> Option<u64> {
    let nano = u128::from(number.parse::<types::Amount>().ok()?.0);
    u64::try_from(nano.checked_mul(u128::from(factor))?.div_ceil(u128::from(types::amount::UNITS_PER_LEM))).ok()
}

impl fmt::Display for Span {
    /// As a person would say it: `412 ms`, `1.5 s`, `2 m 5 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.0;
        match ms {
            0..1_000 => write!(f, "{ms} ms"),
            1_000..60_000 => write!(f, "{}.{} s", ms / 1_000, ms % 1_000 / 100),
            60_000..3_600_000 => write!(f, "{} m {} s", ms / 60_000, ms % 60_000 / 1_000),
            3_600_000..86_400_000 => write!(f, "{} h {} m", ms / 3_600_000, ms % 3_600_000 / 60_000),
            _ => write!(f, "{} d {} h", ms / 86_400_000, ms % 86_400_000 / 3_600_000),
        }
    }
}

/// A size as a person would say it.
#[must_use]
pub fn size(bytes: u64) -> String {
    let unit = SIZES[..5].iter().rev().find(|(_, factor)| bytes >= *factor).unwrap_or(&SIZES[0]);
    if unit.1 == 1 {
        format!("{bytes} B")
    } else {
        format!("{}.{} {}", bytes / unit.1, bytes % unit.1 * 10 / unit.1, unit.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_either_system_and_rounded_up() {
        for (text, mib) in
            [("2GiB", 2048), ("512 MiB", 512), ("1.5gib", 1536), ("1B", 1), ("1MB", 1), ("10MB", 10), ("0B", 0)]
        {
            assert_eq!(text.parse(), Ok(Mebibytes(mib)), "{text}");
        }
        for text in ["", "2", "GiB", "2XB", "-1GiB", "9999999999TiB", "1.2.3GiB"] {
            assert!(text.parse::<Mebibytes>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_read_in_parts() {
        for (text, ms) in [("90s", 90_000), ("500ms", 500), ("1h30m", 5_400_000), ("1.5s", 1_500), ("2 m", 120_000)] {
            assert_eq!(text.parse(), Ok(Span(Millis(ms))), "{text}");
        }
        for text in ["", "90", "s", "1w", "-1s", "999999999999d", "1h-3m"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn spans_and_sizes_are_told_to_people() {
        assert_eq!(Span(Millis(412)).to_string(), "412 ms");
        assert_eq!(Span(Millis(1_550)).to_string(), "1.5 s");
        assert_eq!(Span(Millis(125_000)).to_string(), "2 m 5 s");
        assert_eq!(Span(Millis(5_460_000)).to_string(), "1 h 31 m");
        assert_eq!(Span(Millis(7 * 86_400_000)).to_string(), "7 d 0 h");
        assert_eq!((size(7).as_str(), size(1536).as_str()), ("7 B", "1.5 KiB"));
    }

    #[test]
    fn a_sum_is_not_nothing() {
        assert_eq!("2.5".parse(), Ok(Sum(Amount(2_500_000_000))));
        for text in ["0", "0.0", "-1", "", "much", "1e9"] {
            assert!(text.parse::<Sum>().is_err(), "{text}");
        }
    }

    #[test]
    fn parameters_are_read_in_their_units() {
        let set = |name: &str, value| Ok(Setting { name: name.to_owned(), value });
        for (text, name, value) in [
            ("slash=500", "slash", 500),
            ("transaction_fee=0.002", "transaction_fee", 2_000_000),
            ("accept_window=5s", "accept_window", 5_000),
            ("accept_window=4000", "accept_window", 4_000),
            ("transfer_bytes_per_ms=1KiB", "transfer_bytes_per_ms", 1_024),
            ("fuel_max=1000000", "fuel_max", 1_000_000),
        ] {
            assert_eq!(text.parse(), set(name, value), "{text}");
        }
    }

    #[test]
    fn what_is_no_value_of_a_parameter_says_what_is_expected() {
        let wrong = |text: &str| text.parse::<Setting>().expect_err("wrong").to_string();
        assert!(wrong("slash").contains("NAME=VALUE"));
        assert!(wrong("slahs=1").contains("no parameter \"slahs\"; did you mean slash?"));
        assert!(!wrong("xyz=1").contains("did you mean"));
        assert!(wrong("slash=half").contains("thousandths"));
        assert!(wrong("bond_per_unit=-1").contains("LEM"));
        assert!(wrong("accept_window=soon").contains("90s"));
    }
}
