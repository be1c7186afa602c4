//! Archives that lead out, and archives that are larger than they look.

use anyhow::Context as _;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::io::{self, Read as _, Write as _};
use tar::{Builder, EntryType, Header};

/// One entry, with names as they are given: `..`, absolute ones and all.
pub fn entry(kind: EntryType, path: &str, target: &str) -> anyhow::Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    append(&mut builder, kind, path, target, b"")?;
    Ok(builder.into_inner()?)
}

/// An image as `docker save` writes it, with one layer.
pub fn image(layer: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut files = Vec::new();
    let architecture = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
    let config = json!({"os": "linux", "architecture": architecture, "config": {"Entrypoint": ["/prover"]}});
    let (config, layer) = (blob(&mut files, document(&config)?), blob(&mut files, layer.to_vec()));
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": [layer]});
    let manifest = blob(&mut files, document(&manifest)?);
    files.push(("index.json".to_owned(), document(&json!({"schemaVersion": 2, "manifests": [manifest]}))?));
    files.push(("oci-layout".to_owned(), br#"{"imageLayoutVersion": "1.0.0"}"#.to_vec()));
    archive(&files)
}

/// An image whose index names a blob that holds something else.
pub fn forged() -> anyhow::Result<Vec<u8>> {
    let digest = "0".repeat(64);
    let manifest = json!({"mediaType": "manifest", "digest": format!("sha256:{digest}"), "size": 2});
    let index = document(&json!({"schemaVersion": 2, "manifests": [manifest]}))?;
    let named = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    archive(&[named("index.json", &index), named("oci-layout", b"{}"), named(&format!("blobs/sha256/{digest}"), b"{}")])
}

/// So many MiB of zeros in a file, packed.
pub fn bomb(mib: u64) -> anyhow::Result<Vec<u8>> {
    let mut header = Header::new_gnu();
    header.set_size(mib << 20);
    header.set_mode(0o755);
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    builder.append_data(&mut header, "prover", io::repeat(0).take(mib << 20))?;
    let mut packed = builder.into_inner()?;
    packed.flush()?;
    Ok(packed.finish()?)
}

fn document(value: &Value) -> anyhow::Result<Vec<u8>> {
    Ok(serde_json::to_vec(value)?)
}

/// Keeps bytes under their digest, and says how they are named.
fn blob(files: &mut Vec<(String, Vec<u8>)>, bytes: Vec<u8>) -> Value {
    let (hex, size) = (hex::encode(Sha256::digest(&bytes)), bytes.len());
    files.push((format!("blobs/sha256/{hex}"), bytes));
    json!({"mediaType": "manifest", "digest": format!("sha256:{hex}"), "size": size})
}

fn archive(files: &[(String, Vec<u8>)]) -> anyhow::Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    files.iter().try_for_each(|(name, bytes)| append(&mut builder, EntryType::Regular, name, "", bytes))?;
    Ok(builder.into_inner()?)
}

fn append(
    builder: &mut Builder<Vec<u8>>,
    kind: EntryType,
    path: &str,
    target: &str,
    content: &[u8],
) -> anyhow::Result<()> {
    let mut header = Header::new_gnu();
    let old = header.as_old_mut();
    old.name.get_mut(..path.len()).context("a short name")?.copy_from_slice(path.as_bytes());
    old.linkname.get_mut(..target.len()).context("a short name")?.copy_from_slice(target.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_size(content.len() as u64);
    header.set_cksum();
    Ok(builder.append(&header, content)?)
}
