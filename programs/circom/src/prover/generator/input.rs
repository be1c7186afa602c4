//! `input.json`: an object of signals, each a number or arrays of numbers.

use ark_ff::PrimeField;
use program::Error;
use serde_json::Value;

/// Signals with their values in order. A number is decimal or, with `0x`, hexadecimal, as text or as an integer of up to 64
/// bits; it is taken modulo the field's order, and may be negative, as circom's own tools do. Members of an object are signals
/// `name.member`, objects in an array signals `name[0]`.
pub fn read<F: PrimeField>(bytes: &[u8]) -> Result<Vec<(String, Vec<F>)>, Error> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| Error::new(format!("input.json: {error}")))?;
    let Value::Object(members) = value else { return Err(Error::new("input.json is not an object of signals")) };
    let mut signals = Vec::new();
    for (name, value) in members {
        signals_of(name, value, &mut signals)?;
    }
    Ok(signals)
}

fn signals_of<F: PrimeField>(name: String, value: Value, signals: &mut Vec<(String, Vec<F>)>) -> Result<(), Error> {
    match value {
        Value::Object(members) => {
            members.into_iter().try_for_each(|(member, value)| signals_of(format!("{name}.{member}"), value, signals))
        }
        Value::Array(elements) if holds_objects(&elements) => {
            let named = (0..).zip(elements).map(|(at, element): (usize, _)| (format!("{name}[{at}]"), element));
            named.into_iter().try_for_each(|(name, element)| signals_of(name, element, signals))
        }
        value => {
            let mut values = Vec::new();
            collect(&name, &value, &mut values)?;
            signals.push((name, values));
            Ok(())
        }
    }
}

fn holds_objects(elements: &[Value]) -> bool {
    match elements.first() {
        Some(Value::Array(inner)) => holds_objects(inner),
        first => matches!(first, Some(Value::Object(_))),
    }
}

fn collect<F: PrimeField>(name: &str, value: &Value, values: &mut Vec<F>) -> Result<(), Error> {
    let text = match value {
        Value::Array(elements) => return elements.iter().try_for_each(|element| collect(name, element, values)),
        Value::String(text) => text.as_str(),
        Value::Number(number) => &number.to_string(),
        _ => "",
    };
    values.push(number(text).ok_or_else(|| Error::new(format!("input.json: {name} has a value that is no integer")))?);
    Ok(())
}

fn number<F: PrimeField>(text: &str) -> Option<F> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (radix, digits) = text.strip_prefix("0x").map_or((10, text), |digits| (16, digits));
    let mut digits = digits.chars().peekable();
    digits.peek()?;
    let value = digits.try_fold(F::zero(), |value, digit| {
        digit.to_digit(radix).map(|digit| value * F::from(u64::from(radix)) + F::from(u64::from(digit)))
    })?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::Fr;

    fn shown(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
        let signals = read::<Fr>(text.as_bytes()).map_err(|error| error.to_string())?;
        Ok(signals.into_iter().map(|(name, values)| (name, values.iter().map(Fr::to_string).collect())).collect())
    }

    #[test]
    fn numbers_are_decimal_hexadecimal_negative_or_beyond_the_modulus() {
        let modulus = "21888242871839275222246405745257275088548364400416034343698204186575808495617";
        let text = format!(r#"{{"a": 7, "b": ["0x1f", [-1, "{modulus}"]]}}"#);
        let minus_one = "21888242871839275222246405745257275088548364400416034343698204186575808495616";
        let b = ["31", minus_one, "0"].map(str::to_owned).to_vec();
        assert_eq!(shown(&text).unwrap(), [("a".to_owned(), vec!["7".to_owned()]), ("b".to_owned(), b)]);
    }

    #[test]
    fn buses_are_signals_of_their_own() {
        let signals = shown(r#"{"p": {"x": 1, "y": [2, 3]}, "q": [{"x": 4}, {"x": 5}], "none": []}"#).unwrap();
        let names: Vec<&str> = signals.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["none", "p.x", "p.y", "q[0].x", "q[1].x"]);
    }

    #[test]
    fn what_is_no_integer_is_refused_by_name() {
        for value in
            ["1.5", "true", "null", r#""""#, r#""0x""#, r#""-""#, r#""1e3""#, r#"" 1""#, "1e30", r#"[[1], {}]"#]
        {
            let error = shown(&format!(r#"{{"signal": {value}}}"#)).unwrap_err();
            assert!(error.contains("signal has a value that is no integer"), "{value}: {error}");
        }
        assert!(shown("[1]").unwrap_err().contains("not an object"));
        assert!(shown("{").unwrap_err().contains("input.json"));
    }
}
