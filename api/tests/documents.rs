//! Every problem that a node answers with, and every path that it serves, as `docs/errors.md` and `docs/api.md` have them:
//! `UPDATE_DOCS=1 cargo test --package api` writes both anew.

use api::{Problem, problem};
use borsh::BorshDeserialize as _;
use types::Refusal;

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/");

/// Compares the table that a page has between two comments with that of the code, or writes it.
fn compare(page: &str, what: &str, table: &str) {
    let path = [DOCS, page].concat();
    let begin = format!("<!-- {what}: written by api/tests/documents.rs -->\n");
    let end = format!("<!-- end of {what} -->\n");
    let text = std::fs::read_to_string(&path).expect("the page");
    let (before, rest) = text.split_once(&begin).expect("the table begins");
    let (written, after) = rest.split_once(&end).expect("the table ends");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(path, [before, &begin, table, &end, after].concat()).expect("written");
    }
    assert!(written == table, "docs/{page} is not what the code says: UPDATE_DOCS=1 cargo test --package api");
}

/// Every reason of the protocol, with nothing in it: the encoding begins with the reason's number.
fn refusals() -> Vec<Refusal> {
    let empty = |number: u8| Refusal::deserialize(&mut [&[number][..], &[0; 64]].concat().as_slice()).ok();
    let known: Vec<_> = (0..=u8::MAX).map(empty).collect();
    let last = known.iter().rposition(Option::is_some).expect("reasons");
    known.into_iter().take(last + 1).map(|refusal| refusal.expect("no reason is left out")).collect()
}

/// All problems, by status and code.
fn problems() -> Vec<Problem> {
    let own = problem::KINDS.iter().map(|kind| Problem::new(*kind, "what happened this time"));
    let mut all: Vec<_> = own.chain(refusals().iter().map(Problem::from)).collect();
    all.sort_by(|a, b| (a.status, &a.code, &a.title).cmp(&(b.status, &b.code, &b.title)));
    all
}

fn row(problem: &Problem) -> String {
    let Problem { status, code, title, money, hint, .. } = problem;
    format!("| {status} | `{code}` | {title} | {money} | {hint} |\n")
}

fn table() -> String {
    let head = "| status | code | what happened | the money | what to do next |\n| --- | --- | --- | --- | --- |\n";
    problems().iter().map(row).fold(head.to_owned(), |table, row| table + &row)
}

#[test]
fn the_table_of_errors_is_that_of_the_code() {
    compare("errors.md", "errors", &table());
}

#[test]
fn the_table_of_paths_is_that_of_the_code() {
    let description = serde_json::to_value(api::openapi()).expect("json");
    let paths = description["paths"].as_object().expect("paths");
    let row = |path: &str, method: &str, about: &serde_json::Value| {
        let summary = about["summary"].as_str()?;
        Some(format!("| `{} {path}` | {} |\n", method.to_uppercase(), summary.replace('|', "/")))
    };
    let rows = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.filter_map(move |(method, about)| row(path, method, about))
    });
    let head = "\n| request | what it does |\n| --- | --- |\n".to_owned();
    compare("api.md", "paths", &(rows.fold(head, |table, row| table + &row) + "\n"));
}

#[test]
fn every_problem_is_whole() {
    for problem in problems() {
        let Problem { kind, title, status, code, money, hint, .. } = &problem;
        assert_eq!(*kind, format!("urn:lemma:problem:{code}"));
        assert!((400..=507).contains(status) && !title.is_empty() && !hint.is_empty(), "{problem:?}");
        assert!(money.starts_with("nothing"), "{code} says of the money: {money}");
    }
}

#[test]
fn every_problem_as_it_is_sent() {
    let lines = problems().iter().map(|problem| serde_json::to_string(problem).expect("json")).collect::<Vec<_>>();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_problem_names_its_request() {
    let problem = Problem::new(problem::RATE, "too fast").at("7f");
    let json = serde_json::to_value(&problem).expect("json");
    assert_eq!(json["instance"], "urn:lemma:request:7f");
    assert_eq!(serde_json::from_value::<Problem>(json).expect("problem"), problem);
}
