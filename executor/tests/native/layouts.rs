//! Archives to unpack: tar files entry by entry, also such as no tool would write, and OCI layouts.

use std::io::Write;

use sha2::{Digest, Sha256};
use tar::{EntryType, Header};

/// A tar archive.
pub struct Tar(tar::Builder<Vec<u8>>);

impl Tar {
    pub fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    pub fn file(self, path: &str, mode: u32, content: &[u8]) -> Self {
        self.entry(EntryType::Regular, path, "", mode, content)
    }

    pub fn dir(self, path: &str) -> Self {
        self.entry(EntryType::Directory, path, "", 0o755, b"")
    }

    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, path, target, 0o777, b"")
    }

    pub fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Link, path, target, 0o644, b"")
    }

    /// Any entry, with names as they are given: `..`, absolute ones and all.
    pub fn entry(mut self, kind: EntryType, path: &str, target: &str, mode: u32, content: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        let old = header.as_old_mut();
        old.name[..path.len()].copy_from_slice(path.as_bytes());
        old.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    /// A file whose path is longer than a header.
    pub fn far(mut self, path: &str) -> Self {
        let mut header = Header::new_gnu();
        header.set_size(0);
        self.0.append_data(&mut header, path, std::io::empty()).unwrap();
        self
    }

    /// A header that promises more content than follows.
    pub fn promise(mut self, kind: EntryType, path: &str, size: u64) -> Self {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(size);
        header.set_cksum();
        self.0.get_mut().extend_from_slice(header.as_bytes());
        self
    }

    pub fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// An OCI layout under construction.
pub struct Oci {
    files: Vec<(String, Vec<u8>)>,
    layers: Vec<serde_json::Value>,
    pub config: serde_json::Value,
}

pub fn architecture() -> &'static str {
    if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" }
}

impl Oci {
    pub fn new() -> Self {
        let config = serde_json::json!({
            "os": "linux", "architecture": architecture(),
            "config": {
                "Entrypoint": ["prover"], "Cmd": ["first", "second"], "Env": ["PATH=/opt/bin", "COLOUR=blue", "LEMMA_THREADS=99"],
                "WorkingDir": "/srv",
            },
        });
        Self { files: Vec::new(), layers: Vec::new(), config }
    }

    pub fn layer(mut self, bytes: Vec<u8>) -> Self {
        let (digest, size) = self.blob(bytes);
        let kind = "application/vnd.oci.image.layer.v1.tar+gzip";
        self.layers.push(serde_json::json!({"mediaType": kind, "digest": digest, "size": size}));
        self
    }

    pub fn bytes(self) -> Vec<u8> {
        self.bytes_with(|_| ())
    }

    /// The layout, after its files were changed.
    pub fn bytes_with(mut self, change: impl Fn(&mut Vec<(String, Vec<u8>)>)) -> Vec<u8> {
        let config = self.blob(serde_json::to_vec(&self.config).unwrap());
        let manifest = serde_json::json!({
            "schemaVersion": 2, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config.0, "size": config.1},
            "layers": self.layers,
        });
        let manifest = self.blob(serde_json::to_vec(&manifest).unwrap());
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let other = serde_json::json!({"mediaType": kind, "digest": config.0, "size": 1, "platform": {"os": "linux", "architecture": "s390x"}});
        let own = serde_json::json!({
            "mediaType": kind, "digest": manifest.0, "size": manifest.1, "platform": {"os": "linux", "architecture": architecture()},
        });
        let index = serde_json::json!({"schemaVersion": 2, "manifests": [other, own]});
        self.files.push(("index.json".into(), serde_json::to_vec(&index).unwrap()));
        self.files.push(("oci-layout".into(), br#"{"imageLayoutVersion": "1.0.0"}"#.to_vec()));
        change(&mut self.files);
        self.files
            .iter()
            .fold(Tar::new(), |tar, (name, bytes)| {
                // The names of blobs fit; the digest of one is 64 characters.
                tar.file(name, 0o644, bytes)
            })
            .bytes()
    }

    fn blob(&mut self, bytes: Vec<u8>) -> (String, usize) {
        let hex: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let size = bytes.len();
        self.files.push((format!("blobs/sha256/{hex}"), bytes));
        (format!("sha256:{hex}"), size)
    }
}
