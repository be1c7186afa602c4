//! Schemas of values that are defined elsewhere: identifiers, amounts, and records of [`types`].

use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Required, Schema,
        schema::{ArrayBuilder, ObjectBuilder, Type},
    },
};

macro_rules! text {
    ($(#[$meta:meta])* $name:ident, $pattern:literal, $example:expr, $description:literal) => {
        $(#[$meta])*
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new().schema_type(Type::String).pattern(Some($pattern));
                object.description(Some($description)).examples([Value::from($example)]).build().into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

text!(
    /// 32 bytes in hex.
    Id, "^[0-9a-f]{64}$", "ab".repeat(32), "A hash or a public key: 32 bytes as 64 lower-case hexadecimal digits."
);
text!(
    /// An amount of money.
    Lem, "^[0-9]+(\\.[0-9]{1,9})?$", "3.25", "An amount of money in LEM, with at most nine decimals."
);
text!(
    /// Any bytes in hex.
    Hex, "^([0-9a-f]{2})*$", "00ff", "Bytes as lower-case hexadecimal digits."
);

/// The schema of values that look like `sample`: every field is required, numbers are whole and not negative.
pub(crate) fn like(sample: &impl Serialize, description: &str) -> RefOr<Schema> {
    let value = serde_json::to_value(sample).unwrap_or(Value::Null);
    match of(&value) {
        RefOr::T(Schema::Object(mut object)) => {
            object.description = Some(description.to_owned());
            Schema::Object(object).into()
        }
        other => other,
    }
}

fn of(value: &Value) -> RefOr<Schema> {
    match value {
        Value::Null => ObjectBuilder::new().schema_type(Type::Null).build().into(),
        Value::Bool(_) => ObjectBuilder::new().schema_type(Type::Boolean).build().into(),
        Value::Number(_) => ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build().into(),
        Value::String(_) => ObjectBuilder::new().schema_type(Type::String).build().into(),
        Value::Array(values) => {
            let items = values.first().map_or_else(|| ObjectBuilder::new().build().into(), of);
            ArrayBuilder::new().items(items).build().into()
        }
        Value::Object(fields) => {
            let object = ObjectBuilder::new().schema_type(Type::Object);
            let with = |object: ObjectBuilder, (name, value): (&String, &Value)| {
                object.property(name, of(value)).required(name)
            };
            fields.iter().fold(object, with).build().into()
        }
    }
}

/// Whether a parameter must be there.
pub(crate) const fn required(yes: bool) -> Required {
    if yes { Required::True } else { Required::False }
}

macro_rules! record {
    ($(#[$meta:meta])* $name:ident, $sample:expr, $description:literal) => {
        $(#[$meta])*
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                like(&$sample, $description)
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

/// [`types::Resources`].
pub(crate) struct Resources;

impl PartialSchema for Resources {
    fn schema() -> RefOr<Schema> {
        let count =
            || ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(u32::MAX as usize));
        let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["linux-x86_64", "wasm"]));
        let names = ["cpus", "memory_mib", "disk_mib", "gpus", "gpu_class"];
        let with = |object: ObjectBuilder, name: &str| object.property(name, count()).required(name);
        let object = names.into_iter().fold(ObjectBuilder::new().schema_type(Type::Object), with);
        let object = object.property("runtimes", ArrayBuilder::new().items(word)).required("runtimes");
        let about =
            "Processor cores, memory and disk in MiB, and graphics processors that a workload needs or a prover has.";
        object.description(Some(about)).build().into()
    }
}

impl ToSchema for Resources {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Resources")
    }
}

record!(
    /// [`types::record::Tally`].
    Tally, types::record::Tally::default(), "How a prover fared since genesis."
);
