//! An OCI image layout in a tar archive: what `docker save` (from version 25) and `buildah push … oci-archive:` write.

use std::collections::HashMap;
use std::io::{Read, SeekFrom};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::archive::{self, Budget};
use super::tree::Tree;
use super::{Image, ImageError, Input};

const INDEX: &str = "index.json";
const LAYOUT: &str = "oci-layout";
/// Largest index, manifest or configuration, in bytes.
const DOCUMENT_BYTES_MAX: u64 = 4 << 20;
const LAYERS_MAX: usize = 256;
/// An index may point to an index, as in images for several architectures.
const INDEX_DEPTH_MAX: usize = 3;
/// Files of a layout; one that has more is none.
const ENTRIES_MAX: usize = 10_000;

/// Where the files of the layout lie in the archive: offset and size.
pub(super) struct Layout(HashMap<String, (u64, u64)>);

/// Finds the files of a layout; nothing if the archive is none. Reads the whole archive, within a budget of its own.
pub(super) fn index(input: &mut dyn Input, mut budget: Budget) -> Result<Option<Layout>, ImageError> {
    let mut files = HashMap::new();
    archive::for_each(input, &mut budget, |entry, _| {
        if entry.header().entry_type().is_file() && files.len() < ENTRIES_MAX {
            let name = archive::plain_path(&entry.path_bytes())?.to_string_lossy().into_owned();
            files.insert(name, (entry.raw_file_position(), entry.size()));
        }
        Ok(())
    })?;
    Ok((files.contains_key(INDEX) && files.contains_key(LAYOUT)).then_some(Layout(files)))
}

/// Applies the layers of the image for this architecture.
pub(super) fn unpack(
    layout: &Layout,
    root: &Tree,
    input: &mut dyn Input,
    budget: &mut Budget,
) -> Result<Image, ImageError> {
    let index: Index = parse(&layout.bytes(input, INDEX)?)?;
    let chosen = layout.choose(input, index)?;
    let manifest: Manifest = parse(&layout.blob(input, &chosen)?)?;
    let config: Configuration = parse(&layout.blob(input, &manifest.config.digest)?)?;
    if manifest.layers.len() > LAYERS_MAX {
        return Err(ImageError::bad("the image has too many layers"));
    }
    for layer in &manifest.layers {
        layout.apply(input, &layer.digest, root, budget)?;
    }
    image_of(config)
}

fn image_of(config: Configuration) -> Result<Image, ImageError> {
    if config.os != "linux" || config.architecture != architecture() {
        return Err(ImageError::Bad(format!("the image is for {}/{}", config.os, config.architecture)));
    }
    let run = config.config;
    let command: Vec<String> =
        run.entrypoint.unwrap_or_default().into_iter().chain(run.cmd.unwrap_or_default()).collect();
    let pairs = run.env.unwrap_or_default();
    let environment = pairs.iter().filter_map(|pair| pair.split_once('='));
    let environment = environment.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    if command.first().is_none_or(String::is_empty) {
        return Err(ImageError::bad("the image has neither Entrypoint nor Cmd"));
    }
    Ok(Image { command, working_dir: run.working_dir.unwrap_or_default(), ..Image::of_prover(environment, false) })
}

/// Go's name for this architecture.
pub(super) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

impl Layout {
    /// The digest of the manifest for this machine: the one whose platform fits, or the only one.
    fn choose(&self, input: &mut dyn Input, mut index: Index) -> Result<String, ImageError> {
        for _ in 0..INDEX_DEPTH_MAX {
            let fits = |one: &&Descriptor| one.platform.as_ref().is_none_or(Platform::fits);
            let chosen = index.manifests.iter().find(fits);
            let chosen = chosen.ok_or_else(|| ImageError::bad("no image for this architecture"))?;
            if !chosen.media_type.contains("index") && !chosen.media_type.contains("manifest.list") {
                return Ok(chosen.digest.clone());
            }
            index = parse(&self.blob(input, &chosen.digest)?)?;
        }
        Err(ImageError::bad("the index is nested too deeply"))
    }

    /// A small file, as it stands.
    fn bytes(&self, input: &mut dyn Input, name: &str) -> Result<Vec<u8>, ImageError> {
        let (offset, size) = self.place(name)?;
        if size > DOCUMENT_BYTES_MAX {
            return Err(ImageError::Bad(format!("{name} is too large")));
        }
        input.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        input.take(size).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// A small blob that has its digest.
    fn blob(&self, input: &mut dyn Input, digest: &str) -> Result<Vec<u8>, ImageError> {
        let bytes = self.bytes(input, &blob_name(digest)?)?;
        check(digest, &Sha256::digest(&bytes))?;
        Ok(bytes)
    }

    /// Unpacks a layer while its digest is computed. If that is wrong, the whole image is thrown away.
    fn apply(&self, input: &mut dyn Input, digest: &str, root: &Tree, budget: &mut Budget) -> Result<(), ImageError> {
        let (offset, size) = self.place(&blob_name(digest)?)?;
        input.seek(SeekFrom::Start(offset))?;
        let mut hashing = Hashing { inner: input.take(size), hasher: Sha256::new() };
        archive::unpack_layer(root, &mut hashing, budget)?;
        std::io::copy(&mut hashing, &mut std::io::sink())?;
        check(digest, &hashing.hasher.finalize())
    }

    fn place(&self, name: &str) -> Result<(u64, u64), ImageError> {
        self.0.get(name).copied().ok_or_else(|| ImageError::Bad(format!("the layout has no {name}")))
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ImageError> {
    serde_json::from_slice(bytes).map_err(|error| ImageError::Bad(format!("the layout is damaged: {error}")))
}

fn blob_name(digest: &str) -> Result<String, ImageError> {
    let hex = digest.strip_prefix("sha256:").filter(|hex| hex.len() == 64);
    let hex = hex.filter(|hex| hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    hex.map(|hex| format!("blobs/sha256/{hex}")).ok_or_else(|| ImageError::Bad(format!("{digest} is no sha256 digest")))
}

fn check(digest: &str, hash: &[u8]) -> Result<(), ImageError> {
    let hex = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if digest.strip_prefix("sha256:") == Some(&hex) {
        Ok(())
    } else {
        Err(ImageError::Bad(format!("{digest} is not what is there")))
    }
}

struct Hashing<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    os: String,
    architecture: String,
}

impl Platform {
    fn fits(&self) -> bool {
        self.os == "linux" && self.architecture == architecture()
    }
}

#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

#[derive(Deserialize)]
struct Configuration {
    os: String,
    architecture: String,
    #[serde(default)]
    config: Run,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Run {
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    env: Option<Vec<String>>,
    working_dir: Option<String>,
}
