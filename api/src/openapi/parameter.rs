//! The parameters of paths and queries: one name means the same everywhere, but for provers, which are listed by account.

use crate::{paths, schema};
use utoipa::openapi::{
    Ref, RefOr, Schema,
    path::{Parameter, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, Type},
};

/// A place, as numbers that are surely small enough.
const PLACE: &str = "^(0|[1-9][0-9]{0,18})-(0|[1-9][0-9]{0,8})$";

/// A parameter of a path of the API.
pub(super) fn parameter(
    path: &str,
    name: &str,
    place: ParameterIn,
    required: bool,
    description: Option<&str>,
) -> Parameter {
    let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(schema::required(required));
    parameter.schema(Some(shape(path, name))).description(description).build()
}

fn shape(path: &str, name: &str) -> RefOr<Schema> {
    match name {
        "cursor" if path == paths::PROVERS => RefOr::Ref(Ref::from_schema_name("Id")),
        "state" if path == paths::PROVERS => RefOr::Ref(Ref::from_schema_name("ProverState")),
        "cursor" => ObjectBuilder::new().schema_type(Type::String).pattern(Some(PLACE)).build().into(),
        "id" | "workload" | "account" | "program" | "prover" | "leader" => RefOr::Ref(Ref::from_schema_name("Id")),
        "height" | "limit" | "from" | "to" => whole(0, u64::MAX),
        "attempt" => whole(0, u16::MAX.into()),
        "first" => whole(0, u32::MAX.into()),
        "count" => whole(1, paths::PARTS_AT_ONCE.into()),
        "unverified" => ObjectBuilder::new().schema_type(Type::Boolean).build().into(),
        "state" => RefOr::Ref(Ref::from_schema_name("WorkloadState")),
        "part" => words(["proof", "public", "bundle"].into_iter()),
        _ => ObjectBuilder::new().schema_type(Type::String).build().into(),
    }
}

fn whole(min: u64, max: u64) -> RefOr<Schema> {
    let bound = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(bound(min))).maximum(Some(bound(max))).build().into()
}

fn words(words: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build().into()
}
