//! gzip and zstd, told by their first bytes.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

use super::archive::Budget;
use super::{ImageError, Input};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

fn packing(start: &[u8]) -> Packing {
    match start {
        _ if start.starts_with(&GZIP) => Packing::Gzip,
        _ if start.starts_with(&ZSTD) => Packing::Zstd,
        _ => Packing::None,
    }
}

/// If the input is packed, unpacks it into a file, as far as the budget goes.
pub(super) fn plain(input: &mut dyn Input, path: &Path, budget: &mut Budget) -> Result<Option<File>, ImageError> {
    input.rewind()?;
    let mut start = Vec::new();
    input.take(ZSTD.len() as u64).read_to_end(&mut start)?;
    input.rewind()?;
    if packing(&start) == Packing::None {
        return Ok(None);
    }
    let mut file = File::options().read(true).write(true).create_new(true).open(path)?;
    let bytes_max = budget.bytes_left();
    let bytes = io::copy(&mut unpacked(input)?.take(bytes_max.saturating_add(1)), &mut file)?;
    if bytes > bytes_max {
        return Err(ImageError::Large(format!("the artifact unpacks to more than {bytes_max} bytes")));
    }
    Ok(Some(file))
}

/// Reads what is packed, or the input itself if it is not.
pub(super) fn unpacked<'a>(input: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let start = io::BufRead::fill_buf(&mut input)?;
    Ok(match packing(start) {
        Packing::None => Box::new(input),
        Packing::Gzip => Box::new(MultiGzDecoder::new(input)),
        Packing::Zstd => Box::new(Frames { frame: Some(StreamingDecoder::new(input).map_err(io::Error::other)?) }),
    })
}

/// All frames of a zstd stream, one after the other.
struct Frames<R: io::BufRead> {
    frame: Option<StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>,
}

impl<R: io::BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while let Some(frame) = &mut self.frame {
            match frame.read(buffer)? {
                0 => self.next()?,
                read => return Ok(read),
            }
        }
        Ok(0)
    }
}

impl<R: io::BufRead> Frames<R> {
    fn next(&mut self) -> io::Result<()> {
        if let Some(frame) = self.frame.take() {
            let mut input = frame.into_inner();
            if !input.fill_buf()?.is_empty() {
                self.frame = Some(StreamingDecoder::new(input).map_err(io::Error::other)?);
            }
        }
        Ok(())
    }
}
