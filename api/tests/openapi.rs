//! The committed description is the one that the code makes. `UPDATE_OPENAPI=1 cargo test -p api` writes it anew.

use std::collections::BTreeSet;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

#[test]
fn the_committed_description_is_current() {
    let made = api::openapi_json();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(PATH, &made).expect("written");
    }
    let committed = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(made == committed, "api/openapi.json is not what the code says: UPDATE_OPENAPI=1 cargo test -p api");
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_used() {
    let value = serde_json::to_value(api::openapi()).expect("json");
    assert_eq!(value["openapi"], "3.1.0");
    let mut used = BTreeSet::new();
    references(&value, &mut used);
    let schemas = value["components"]["schemas"].as_object().expect("schemas");
    let defined: BTreeSet<String> = schemas.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    assert_eq!(used, defined);
}

fn references(value: &serde_json::Value, used: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            used.extend(fields.get("$ref").and_then(|text| text.as_str()).map(str::to_owned));
            fields.values().for_each(|value| references(value, used));
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| references(value, used)),
        _ => {}
    }
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let value = serde_json::to_value(api::openapi()).expect("json");
    let paths = value["paths"].as_object().expect("paths");
    let operations = paths.values().flat_map(|item| item.as_object().into_iter().flat_map(|item| item.values()));
    let ids: Vec<_> = operations.filter_map(|operation| operation["operationId"].as_str()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert_eq!(ids.len(), 35);
}
