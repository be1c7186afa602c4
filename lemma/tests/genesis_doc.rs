//! `docs/genesis.md` says of every parameter what the code says. `UPDATE_DOCS=1 cargo test --package lemma` writes it anew.

use api::{Value, unit};
use types::params::{PARAMETERS, Parameter};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/genesis.md");
const BEGIN: &str = "<!-- parameters: written by lemma/tests/genesis_doc.rs -->\n";
const END: &str = "<!-- end of parameters -->\n";

fn row(known: &Parameter) -> String {
    let value = |number| Value::of(known.unit, number);
    let (name, unit, about) = (known.name, unit(known.unit), known.about.trim());
    let vote = if known.votable { "vote" } else { "fixed" };
    let (default, min, max) = (value(known.default), value(known.min), value(known.max));
    format!("| `{name}` | {unit} | {default} | {min} to {max} | {vote} | {about} |\n")
}

fn table() -> String {
    let head =
        "| parameter | unit | default | bounds | changed by | meaning |\n| --- | --- | --- | --- | --- | --- |\n";
    PARAMETERS.iter().map(row).fold(head.to_owned(), |table, row| table + &row)
}

/// What stands before the table, the table, and what stands after it.
fn parts(text: &str) -> (&str, &str, &str) {
    let (before, rest) = text.split_once(BEGIN).expect("the table begins");
    let (table, after) = rest.split_once(END).expect("the table ends");
    (before, table, after)
}

#[test]
fn the_table_of_parameters_is_that_of_the_code() {
    let text = std::fs::read_to_string(PATH).expect("docs/genesis.md");
    let (before, written, after) = parts(&text);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(PATH, [before, BEGIN, &table(), END, after].concat()).expect("written");
    }
    assert!(written == table(), "docs/genesis.md is not what the code says: UPDATE_DOCS=1 cargo test --package lemma");
}

#[test]
fn the_example_of_parameters_is_within_their_bounds() {
    let text = std::fs::read_to_string(PATH).expect("docs/genesis.md");
    let (_, rest) = text.split_once("```json\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("it ends");
    let params: types::Params = serde_json::from_str(&format!("{{{example}}}")).map_or_else(
        |error| panic!("the example is no object: {error}"),
        |value: serde_json::Value| serde_json::from_value(value["params"].clone()).expect("parameters"),
    );
    assert_eq!(params.check(), Ok(()));
    assert_ne!(params, types::Params::default(), "the example changes something");
}

#[test]
fn every_field_of_the_file_is_told() {
    let text = std::fs::read_to_string(PATH).expect("docs/genesis.md");
    let shape = serde_json::to_value(api::openapi()).expect("json");
    let fields = shape["components"]["schemas"]["Genesis"]["properties"].as_object().expect("fields");
    for field in fields.keys() {
        assert!(text.contains(&format!("| `{field}` |")), "docs/genesis.md says nothing of {field}");
    }
}
