//! Inputs as people write them: `statement:hex:00ff`, `witness:file:key.bin`, `statement:blob:ID`, `witness:proof:WORKLOAD`.

use crate::{
    commands::{Context, blob::moved},
    exit::Failure,
    files,
    output::{FAINT, styled},
    trial::{Fetched, Given, Material},
};
use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};
use types::{BlobId, Data, InputRole, InputSource, WorkloadId, limits::INPUT_INLINE_MAX};

/// An input of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputText {
    /// Who sees it.
    pub role: InputRole,
    /// Where it is.
    pub source: Source,
}

/// Where an input of the command line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// On the command line.
    Hex(Vec<u8>),
    /// In a file: inline if it is small, else uploaded.
    File(PathBuf),
    /// In a blob; its size is asked for unless told.
    Blob(BlobId, Option<u64>),
    /// The verified proof of an earlier workload: the bundle of proof and public values.
    Proof(WorkloadId),
}

impl FromStr for InputText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let shape =
            || "expected statement:… or witness:…, then hex:…, file:…, blob:ID[:SIZE] or proof:WORKLOAD".to_owned();
        let (role, source) = text.split_once(':').ok_or_else(shape)?;
        let role = match role {
            "statement" => InputRole::Statement,
            "witness" => InputRole::Witness,
            _ => return Err(shape()),
        };
        let (kind, value) = source.split_once(':').ok_or_else(shape)?;
        let source = match kind {
            "hex" => Source::Hex(hex::decode(value).map_err(|error| error.to_string())?),
            "file" => Source::File(value.into()),
            "blob" => blob(value)?,
            "proof" => Source::Proof(value.parse().map_err(|error: types::id::IdError| error.to_string())?),
            _ => return Err(shape()),
        };
        Ok(Self { role, source })
    }
}

impl fmt::Display for InputText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            InputRole::Statement => "statement",
            InputRole::Witness => "witness",
        };
        match &self.source {
            Source::Hex(bytes) => write!(f, "{role}:hex:{}", hex::encode(bytes)),
            Source::File(path) => write!(f, "{role}:file:{}", path.display()),
            Source::Blob(blob, None) => write!(f, "{role}:blob:{blob}"),
            Source::Blob(blob, Some(size)) => write!(f, "{role}:blob:{blob}:{size}"),
            Source::Proof(workload) => write!(f, "{role}:proof:{workload}"),
        }
    }
}

impl InputText {
    /// The same, its file looked for in a folder unless its path is absolute.
    #[must_use]
    pub fn within(self, folder: &Path) -> Self {
        match self.source {
            Source::File(path) => Self { source: Source::File(folder.join(path)), ..self },
            _ => self,
        }
    }

    /// For a trial on this machine: what is a blob is fetched from the node.
    pub async fn given(&self, context: &Context, fetched: &Fetched) -> anyhow::Result<Given> {
        let material = match &self.source {
            Source::Hex(bytes) => Material::Bytes(bytes.clone()),
            Source::File(path) => Material::File(path.clone()),
            Source::Blob(blob, _) => Material::File(fetched.blob(context, *blob).await?),
            Source::Proof(workload) => match proof(context, *workload).await? {
                InputSource::Blob { blob, .. } => Material::File(fetched.blob(context, blob).await?),
                InputSource::Inline(bytes) => Material::Bytes(bytes.to_vec()),
            },
        };
        Ok(Given { role: self.role, material })
    }
}

fn blob(value: &str) -> Result<Source, String> {
    let (id, size) = value.split_once(':').map_or((value, None), |(id, size)| (id, Some(size)));
    let size = size.map(str::parse).transpose().map_err(|_| "the size of a blob is a number of bytes".to_owned())?;
    Ok(Source::Blob(id.parse().map_err(|error: types::id::IdError| error.to_string())?, size))
}

impl Source {
    /// As the protocol has it. Uploads what is too large to stand in the run, unless it must do `offline`.
    pub async fn resolve(&self, context: &Context, offline: bool) -> anyhow::Result<InputSource> {
        match self {
            Self::Hex(bytes) => inline(bytes.clone()),
            Self::File(path) => {
                let large = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > INPUT_INLINE_MAX as u64);
                if large { upload(context, path, offline).await } else { inline(files::read(path)?) }
            }
            Self::Blob(blob, Some(size)) => Ok(InputSource::Blob { blob: *blob, size: *size }),
            Self::Blob(_, None) if offline => {
                Err(Failure::usage("the size of a blob is not known offline", "write blob:ID:SIZE").into())
            }
            Self::Blob(blob, None) => {
                let absent =
                    || Failure::usage(format!("the node has no blob {blob}"), "upload it, or write blob:ID:SIZE");
                let size = context.client()?.blob_size(*blob).await?.ok_or_else(absent)?;
                Ok(InputSource::Blob { blob: *blob, size })
            }
            Self::Proof(_) if offline => {
                let hint = "write blob:ID:SIZE, with what `lemma receipt get` says of the proof";
                Err(Failure::usage("the proof of a workload is not known offline", hint).into())
            }
            Self::Proof(workload) => proof(context, *workload).await,
        }
    }
}

fn inline(bytes: Vec<u8>) -> anyhow::Result<InputSource> {
    let much = |error: types::CodecError| Failure::usage(error.to_string(), "put it into a file or a blob");
    Ok(InputSource::Inline(Data::new(bytes).map_err(much)?))
}

/// The proof that the receipt of a workload names, under the group key that the node names. A workload that has not ended is
/// waited for.
async fn proof(context: &Context, workload: WorkloadId) -> anyhow::Result<InputSource> {
    let client = context.client()?;
    if !client.workload(workload).await?.state.is_end() {
        super::follow(context, workload).await?;
    }
    let group_key = context.group_key(&client).await?;
    Ok(client.earlier_proof(workload, &group_key).await?)
}

async fn upload(context: &Context, path: &Path, offline: bool) -> anyhow::Result<InputSource> {
    if !offline {
        let stored = context.client()?.put_blob_file(path, moved(context.out)).await?;
        return Ok(InputSource::Blob { blob: stored.blob, size: stored.size });
    }
    let (blob, size) = client::name_of(path)?;
    context.out.note(styled(FAINT, format_args!("blob {blob} must be uploaded before the run: `lemma blob put`")));
    Ok(InputSource::Blob { blob, size })
}

/// Arguments: text, or hex.
pub fn bytes_of(text: &str) -> anyhow::Result<Vec<u8>> {
    match text.strip_prefix("hex:") {
        Some(digits) => {
            Ok(hex::decode(digits).map_err(|error| Failure::usage(format!("--args: {error}"), "write hex:00ff"))?)
        }
        None => Ok(text.as_bytes().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_read() {
        let id = "ab".repeat(32);
        let blob = |text: &str| text.parse::<InputText>().map(|input| input.source);
        assert_eq!(
            "statement:hex:00ff".parse(),
            Ok(InputText { role: InputRole::Statement, source: Source::Hex(vec![0, 255]) })
        );
        assert_eq!(
            "witness:file:/a:b".parse(),
            Ok(InputText { role: InputRole::Witness, source: Source::File("/a:b".into()) })
        );
        assert_eq!(blob(&format!("witness:blob:{id}")), Ok(Source::Blob(BlobId([0xab; 32]), None)));
        assert_eq!(blob(&format!("witness:blob:{id}:9")), Ok(Source::Blob(BlobId([0xab; 32]), Some(9))));
        assert_eq!(blob(&format!("witness:proof:{id}")), Ok(Source::Proof(WorkloadId([0xab; 32]))));
    }

    #[test]
    fn inputs_are_written_as_they_are_read() {
        let id = "ab".repeat(32);
        let proof = format!("witness:proof:{id}");
        for text in
            ["statement:hex:00ff".to_owned(), "witness:file:/a:b".to_owned(), format!("witness:blob:{id}:9"), proof]
        {
            assert_eq!(text.parse::<InputText>().expect("input").to_string(), text);
        }
        let inside = |text: &str| text.parse::<InputText>().expect("input").within(Path::new("/folder")).to_string();
        assert_eq!(inside("witness:file:b"), "witness:file:/folder/b");
        assert_eq!(inside("witness:file:/b"), "witness:file:/b");
        assert_eq!(inside("witness:hex:00"), "witness:hex:00");
    }

    #[test]
    fn what_is_no_input_is_refused() {
        for text in [
            "",
            "statement",
            "secret:hex:00",
            "statement:hex:0",
            "statement:url:x",
            "witness:blob:ab",
            "witness:proof:ab",
            "statement:00",
        ] {
            assert!(text.parse::<InputText>().is_err(), "{text}");
        }
    }

    #[test]
    fn arguments_are_text_or_hex() {
        assert_eq!(bytes_of("abc").expect("text"), b"abc");
        assert_eq!(bytes_of("hex:00ff").expect("hex"), [0, 255]);
        assert!(bytes_of("hex:0").is_err());
    }
}
