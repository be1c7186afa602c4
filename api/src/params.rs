//! The parameters in force, each with what is known of it.

use crate::schema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use types::{
    Amount,
    params::{PARAMETERS, Unit},
    registry::Change,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, OneOfBuilder, Type},
    },
};

/// The parameters in force, and what moves besides them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Params {
    /// The height of the state that was read.
    pub height: u64,
    /// The present epoch: votes of this one take effect with the next.
    pub epoch: u64,
    /// Price of one core for one second in this epoch.
    #[schema(value_type = schema::Lem)]
    pub compute_price: Amount,
    /// The parameters, in the order of genesis.
    pub params: Vec<Parameter>,
}

/// A parameter in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Parameter {
    /// Its name in genesis and in votes.
    pub name: String,
    /// What it means.
    pub about: String,
    /// What it counts: `number`, `permille`, `milliseconds` of chain time, `bytes`, `blocks`, `fuel` or `LEM`.
    pub unit: String,
    /// Its value.
    pub value: Value,
    /// Its value where genesis does not say.
    pub default: Value,
    /// The least it may be.
    pub min: Value,
    /// The most it may be.
    pub max: Value,
    /// Whether validators may change it by vote; the others stay for the life of the chain.
    pub votable: bool,
}

/// The value of a parameter: a number, or in text an amount of money in LEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Of what its unit says.
    Number(u64),
    /// Of money.
    Lem(Amount),
}

impl PartialSchema for Value {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
        let description = "A number, or an amount of money in LEM as text: what the unit says.";
        let either = OneOfBuilder::new().item(number).item(schema::Lem::schema());
        Schema::OneOf(either.description(Some(description)).build()).into()
    }
}

impl ToSchema for Value {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Value")
    }
}

/// One change of a parameter that is voted for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ParamChange {
    /// The parameter.
    pub parameter: String,
    /// Its value from the next epoch on.
    pub value: Value,
}

impl Params {
    /// What holds at a height.
    #[must_use]
    pub fn new(params: &types::Params, height: u64, epoch: u64, compute_price: Amount) -> Self {
        let one = |known: &types::params::Parameter| Parameter {
            name: known.name.to_owned(),
            about: known.about.trim().to_owned(),
            unit: unit(known.unit).to_owned(),
            value: Value::of(known.unit, params.get(known.name).unwrap_or(known.default)),
            default: Value::of(known.unit, known.default),
            min: Value::of(known.unit, known.min),
            max: Value::of(known.unit, known.max),
            votable: known.votable,
        };
        Self { height, epoch, compute_price, params: PARAMETERS.iter().map(one).collect() }
    }

    /// The values alone, as the protocol computes with them.
    ///
    /// # Errors
    /// Names a parameter that is missing or that this program does not know: whoever answered is of another version.
    pub fn values(&self) -> Result<types::Params, String> {
        let mut values = types::Params::default();
        for given in &self.params {
            if !values.set(&given.name, given.value.number()) {
                return Err(format!("parameter {} is not known here", given.name.chars().take(40).collect::<String>()));
            }
        }
        let absent = |known: &&types::params::Parameter| !self.params.iter().any(|given| given.name == known.name);
        PARAMETERS.iter().find(absent).map_or(Ok(values), |known| Err(format!("parameter {} is missing", known.name)))
    }
}

impl Value {
    /// A number of this unit.
    #[must_use]
    pub const fn of(unit: Unit, number: u64) -> Self {
        match unit {
            Unit::Money => Self::Lem(Amount(number)),
            _ => Self::Number(number),
        }
    }

    /// The number as the protocol computes with it.
    #[must_use]
    pub const fn number(self) -> u64 {
        match self {
            Self::Number(number) | Self::Lem(Amount(number)) => number,
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Lem(amount) => write!(f, "{amount}"),
        }
    }
}

impl From<&Change> for ParamChange {
    fn from(change: &Change) -> Self {
        let known = PARAMETERS.iter().find(|known| known.name == &*change.parameter);
        let unit = known.map_or(Unit::Number, |known| known.unit);
        Self { parameter: change.parameter.to_string(), value: Value::of(unit, change.value) }
    }
}

/// The word for a unit.
#[must_use]
pub const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Number => "number",
        Unit::Permille => "permille",
        Unit::Milliseconds => "milliseconds",
        Unit::Bytes => "bytes",
        Unit::Blocks => "blocks",
        Unit::Fuel => "fuel",
        Unit::Money => "LEM",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown() -> Params {
        let changed = types::Params { slash: 7, transaction_fee: Amount(1_500_000_000), ..types::Params::default() };
        Params::new(&changed, 9, 2, Amount(10_000_000))
    }

    #[test]
    fn parameters_survive_json_and_keep_their_values() {
        let json = serde_json::to_value(shown()).expect("json");
        let fee = json["params"].as_array().expect("list").iter().find(|it| it["name"] == "transaction_fee");
        let fee = fee.expect("there");
        assert_eq!((&fee["unit"], &fee["value"], &fee["votable"]), (&"LEM".into(), &"1.5".into(), &true.into()));
        let read: Params = serde_json::from_value(json).expect("params");
        assert_eq!(read, shown());
        let values = read.values().expect("of this version");
        assert_eq!((values.slash, values.transaction_fee), (7, Amount(1_500_000_000)));
    }

    #[test]
    fn another_version_is_noticed() {
        let mut fewer = shown();
        fewer.params.retain(|it| it.name != "slash");
        assert!(fewer.values().expect_err("missing").contains("slash"));
        let mut more = shown();
        more.params[0].name = "nonsense".to_owned();
        assert!(more.values().expect_err("unknown").contains("nonsense"));
    }
}
