//! The API through TLS.

use crate::fake::Served;
use node::http::Certificate;
use std::{fs, path::Path};

/// A certificate for `localhost` that nobody signed, written where a node looks for it.
fn write(dir: &Path) -> reqwest::Certificate {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    fs::write(dir.join("cert.pem"), made.cert.pem()).expect("written");
    fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
    reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).expect("PEM")
}

fn open(dir: &Path) -> Result<Certificate, node::http::TlsError> {
    Certificate::open(&dir.join("cert.pem"), &dir.join("key.pem"))
}

/// A client that trusts one certificate and keeps no connection.
fn trusting(root: reqwest::Certificate) -> reqwest::Client {
    crate::fake::ring();
    let client = reqwest::Client::builder().tls_certs_only([root]).pool_max_idle_per_host(0);
    client.build().expect("a client")
}

#[tokio::test]
async fn a_certificate_is_shown_and_the_next_one_without_a_restart() {
    let dir = tempfile::tempdir().expect("folder");
    let first = trusting(write(dir.path()));
    let mut certificate = open(dir.path()).expect("a certificate");
    let served = Served::through(node::Http::default(), Some(certificate.used())).await;
    let url = format!("https://localhost:{}/v1/status", served.address.port());
    let plain = served.client.get(served.url("/v1/status")).send().await;
    assert!(plain.is_err(), "it speaks TLS alone");
    assert_eq!(first.get(&url).send().await.expect("a response").status(), 200);

    assert!(!certificate.look().expect("unchanged"));
    let second = trusting(write(dir.path()));
    assert!(second.get(&url).send().await.is_err(), "the old one is still shown");
    assert!(certificate.look().expect("a new one"));
    assert_eq!(second.get(&url).send().await.expect("a response").status(), 200);
    assert!(first.get(&url).send().await.is_err(), "the old one is gone");

    fs::write(dir.path().join("key.pem"), "nothing").expect("written");
    assert!(certificate.look().is_err());
    assert_eq!(second.get(&url).send().await.expect("a response").status(), 200, "what is broken changes nothing");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_names_its_files() {
    let dir = tempfile::tempdir().expect("folder");
    let error = |dir: &Path| open(dir).err().expect("no certificate").to_string();
    assert!(error(dir.path()).contains("cert.pem"));
    write(dir.path());
    let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    fs::write(dir.path().join("key.pem"), other.signing_key.serialize_pem()).expect("written");
    assert!(error(dir.path()).contains("key.pem"), "the key is another's");
}
