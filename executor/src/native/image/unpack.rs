//! From an artifact to a directory, whichever of its kinds it is.

use std::fs::{self, File};
use std::io::{Cursor, Read as _, SeekFrom};
use std::path::Path;

use super::tree::Tree;
use super::{Image, ImageError, ImageLimits, Input, ROOT, Source, archive, compression, elf, free_bytes, host, oci};

const TAR_BLOCK_BYTES: u64 = 512;
const TAR_MAGIC_AT: usize = 257;

/// Unpacks the artifact with this hash into `aside`, within the limits of its size and of the disk.
pub(super) fn unpack(
    id: blake3::Hash,
    source: &Source<'_>,
    aside: &Path,
    limits: ImageLimits,
) -> Result<Image, ImageError> {
    let mut input: Box<dyn Input + '_> = match source {
        Source::Bytes(bytes) => Box::new(Cursor::new(*bytes)),
        Source::File(path) => Box::new(File::open(path).map_err(host)?),
    };
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&mut input).map_err(host)?;
    if hasher.finalize() != id {
        return Err(ImageError::Host(format!("the artifact is not the one that is called {id}")));
    }
    let limits = limits.of(input.seek(SeekFrom::End(0))?);
    // What is packed as a whole is there twice meanwhile, and the node writes to this disk too.
    let room = free_bytes(aside) / 3;
    let within = ImageLimits { bytes_max: limits.bytes_max.min(room), ..limits };
    unpack_within(input, aside, within).map_err(|error| error.where_there_is(room < limits.bytes_max))
}

fn unpack_within(mut input: Box<dyn Input + '_>, aside: &Path, limits: ImageLimits) -> Result<Image, ImageError> {
    let mut budget = archive::Budget::new(limits);
    if let Some(plain) = compression::plain(&mut input, &aside.join("plain"), &mut budget)? {
        input = Box::new(plain);
    }
    let root = Tree::create(&aside.join(ROOT))?;
    let mut image = fill(&root, &mut input, &mut budget)?;
    root.prepare_mount_points()?;
    image.bytes = limits.bytes_max.saturating_sub(budget.bytes_left());
    match fs::remove_file(aside.join("plain")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(host(error)),
        _ => Ok(image),
    }
}

/// What `docker save` wrote before version 25 has another index.
fn of_older_docker(root: &Tree, error: ImageError) -> ImageError {
    match root.has_file(Path::new("manifest.json")) {
        true => ImageError::bad("the archive has no OCI index: save the image by Docker 25 or later"),
        false => error,
    }
}

/// Fills the root with what the artifact is.
fn fill(root: &Tree, input: &mut dyn Input, budget: &mut archive::Budget) -> Result<Image, ImageError> {
    input.rewind()?;
    let mut start = Vec::new();
    input.take(TAR_BLOCK_BYTES).read_to_end(&mut start)?;
    let bytes = input.seek(SeekFrom::End(0))?;
    input.rewind()?;
    if start.starts_with(elf::MAGIC) {
        elf::check_static(input)?;
        input.rewind()?;
        budget.entry(bytes)?;
        root.write(Path::new("prover"), 0o755, bytes, input)?;
        return Ok(Image::of_prover(Vec::new(), true));
    }
    if start.get(TAR_MAGIC_AT..).is_none_or(|rest| !rest.starts_with(b"ustar")) {
        return Err(ImageError::bad("the artifact is no ELF and no tar"));
    }
    match oci::index(input, budget.clone())? {
        Some(layout) => oci::unpack(&layout, root, input, budget),
        None => {
            input.rewind()?;
            archive::unpack_layer(root, input, budget)?;
            root.check_executable(Path::new("prover")).map_err(|error| of_older_docker(root, error))?;
            Ok(Image::of_prover(Vec::new(), false))
        }
    }
}
