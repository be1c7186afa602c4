//! Making an artifact: from what people have, to the same bytes whoever packs it, where and when.
//!
//! What comes in is unpacked by the code that nodes unpack with, so that what they would refuse is refused here. What goes
//! out is written from the unpacked directory: sorted, without times, owners or layers. Packing it again changes nothing.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::{Image, ImageError, ImageLimits, Images, PROVER, Source, host, oci};

const DEPTH_MAX: usize = 64;

/// Packs a file or a folder into `to`, and says what nodes will find in it. `scratch` is an empty folder.
pub(in crate::native) fn pack(from: &Path, to: &Path, scratch: &Path) -> Result<Image, ImageError> {
    let images = Images::open(&scratch.join("images"), ImageLimits::default(), u64::MAX).map_err(host)?;
    let source = if from.is_dir() { as_archive(from, &scratch.join("source.tar"))? } else { from.to_owned() };
    let image = unpacked(&images, &source)?;
    if image.is_static {
        fs::copy(image.root.join("prover"), to).map_err(host)?;
    } else if is_plain(&image) {
        write_folder(&image.root, to)?;
    } else {
        write_layout(&image, to, scratch)?;
    }
    unpacked(&images, to)
}

fn unpacked(images: &Images, file: &Path) -> Result<Image, ImageError> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(file).map_err(host)?).map_err(host)?;
    Ok(Image::clone(&*images.get(hasher.finalize(), &Source::File(file))?))
}

/// A folder: a root directory, or an OCI layout as it lies on disk.
fn as_archive(folder: &Path, to: &Path) -> Result<PathBuf, ImageError> {
    write_folder(folder, to)?;
    Ok(to.to_owned())
}

/// Whether a root directory says all that there is to say.
fn is_plain(image: &Image) -> bool {
    image.command == [PROVER] && image.environment.is_empty() && image.working_dir.is_empty()
}

/// An archive of a folder.
fn write_folder(folder: &Path, to: &Path) -> Result<(), ImageError> {
    let mut archive =
        Archive { tar: Builder::new(BufWriter::new(File::create(to).map_err(host)?)), names: HashMap::new() };
    archive.folder(folder, Path::new(""), 0)?;
    archive.finish()
}

/// An OCI layout with one layer.
fn write_layout(image: &Image, to: &Path, scratch: &Path) -> Result<(), ImageError> {
    let layer = scratch.join("layer.tar");
    write_folder(&image.root, &layer)?;
    let mut archive =
        Archive { tar: Builder::new(BufWriter::new(File::create(to).map_err(host)?)), names: HashMap::new() };
    let digest = digest_of(&layer)?;
    let bytes = fs::metadata(&layer).map_err(host)?.len();
    archive.content(&blob(&digest), bytes, BufReader::new(File::open(&layer).map_err(host)?))?;
    let environment: Vec<String> = image.environment.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let config = archive.document(&serde_json::json!({
        "architecture": oci::architecture(), "os": "linux",
        "config": {"Entrypoint": image.command, "Env": environment, "WorkingDir": image.working_dir},
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{digest}")]},
    }))?;
    let manifest = archive.document(&serde_json::json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &(digest, bytes))],
    }))?;
    let index = serde_json::json!({
        "schemaVersion": 2,
        "manifests": [descriptor("application/vnd.oci.image.manifest.v1+json", &manifest)],
    });
    archive.json("index.json", &index)?;
    archive.json("oci-layout", &serde_json::json!({"imageLayoutVersion": "1.0.0"}))?;
    archive.finish()
}

fn descriptor(kind: &str, (digest, bytes): &(String, u64)) -> serde_json::Value {
    serde_json::json!({"mediaType": kind, "digest": format!("sha256:{digest}"), "size": bytes})
}

fn blob(digest: &str) -> String {
    format!("blobs/sha256/{digest}")
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn digest_of(file: &Path) -> Result<String, ImageError> {
    let (mut file, mut hasher) = (File::open(file).map_err(host)?, Sha256::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(host)? {
            0 => return Ok(hex(&hasher.finalize())),
            read => hasher.update(&buffer[..read]),
        }
    }
}

/// An archive that says nothing of when, where and by whom it was made.
struct Archive<W: Write> {
    tar: Builder<W>,
    /// The first name of every file that has several.
    names: HashMap<(u64, u64), PathBuf>,
}

impl<W: Write> Archive<W> {
    /// All that is in a folder, by name.
    fn folder(&mut self, folder: &Path, inside: &Path, depth: usize) -> Result<(), ImageError> {
        if depth > DEPTH_MAX {
            return Err(ImageError::Bad(format!("{} is too deep", folder.display())));
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))? {
            names.push(entry.map_err(|error| at(folder, &error))?.file_name());
        }
        names.sort();
        for name in names {
            let (path, inside) = (folder.join(&name), inside.join(&name));
            self.entry(&path, &inside, depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, inside: &Path, depth: usize) -> Result<(), ImageError> {
        let metadata = fs::symlink_metadata(path).map_err(|error| at(path, &error))?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            self.append(EntryType::Directory, 0o755, inside, 0, io::empty())?;
            return self.folder(path, inside, depth + 1);
        }
        if kind.is_symlink() {
            let target = fs::read_link(path).map_err(|error| at(path, &error))?;
            return self.link(EntryType::Symlink, inside, &target);
        }
        if !kind.is_file() {
            let text = format!("{} is neither a file, a folder nor a link: leave it out", path.display());
            return Err(ImageError::Bad(text));
        }
        if let Some(first) = self.first_name(&metadata, inside) {
            return self.link(EntryType::Link, inside, &first);
        }
        let mode = if metadata.mode() & 0o111 == 0 { 0o644 } else { 0o755 };
        let file = File::open(path).map_err(|error| at(path, &error))?;
        self.append(EntryType::Regular, mode, inside, metadata.len(), file.take(metadata.len()))
    }

    /// The name under which this file is in the archive already.
    fn first_name(&mut self, metadata: &Metadata, inside: &Path) -> Option<PathBuf> {
        if metadata.nlink() == 1 {
            return None;
        }
        let file = (metadata.dev(), metadata.ino());
        let first = self.names.get(&file).cloned();
        self.names.entry(file).or_insert_with(|| inside.to_owned());
        first
    }

    fn header(kind: EntryType, mode: u32, bytes: u64) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(bytes);
        // The epoch, and root.
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header
    }

    fn append(
        &mut self,
        kind: EntryType,
        mode: u32,
        inside: &Path,
        bytes: u64,
        content: impl Read,
    ) -> Result<(), ImageError> {
        Ok(self.tar.append_data(&mut Self::header(kind, mode, bytes), inside, content)?)
    }

    fn link(&mut self, kind: EntryType, inside: &Path, target: &Path) -> Result<(), ImageError> {
        Ok(self.tar.append_link(&mut Self::header(kind, 0o777, 0), inside, target)?)
    }

    fn content(&mut self, name: &str, bytes: u64, content: impl Read) -> Result<(), ImageError> {
        self.append(EntryType::Regular, 0o644, Path::new(name), bytes, content)
    }

    fn json(&mut self, name: &str, value: &serde_json::Value) -> Result<(), ImageError> {
        let text = value.to_string();
        self.content(name, text.len() as u64, text.as_bytes())
    }

    /// A document under its digest.
    fn document(&mut self, value: &serde_json::Value) -> Result<(String, u64), ImageError> {
        let text = value.to_string();
        let digest = hex(&Sha256::digest(text.as_bytes()));
        self.content(&blob(&digest), text.len() as u64, text.as_bytes())?;
        Ok((digest, text.len() as u64))
    }

    fn finish(self) -> Result<(), ImageError> {
        Ok(self.tar.into_inner()?.flush()?)
    }
}

fn at(path: &Path, error: &io::Error) -> ImageError {
    ImageError::Host(format!("{}: {error}", path.display()))
}
