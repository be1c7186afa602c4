//! Key files in another form.

use super::keystore;
use crate::{exit::Failure, files, passphrase};
use anyhow::Context as _;
use node::{Held, Secret, held, plain_text, read_held, replace_private};
use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Bytes of a key from elsewhere.
const BYTES_MAX: u64 = 64 * 1024;

/// What is done to a key file.
#[derive(Clone, Copy)]
pub enum Edit {
    /// Plain to encrypted.
    Encrypt,
    /// Encrypted to plain.
    Decrypt,
    /// Encrypted to encrypted.
    ChangePassphrase,
}

impl Edit {
    /// Does it, in the place of the file.
    pub fn apply(self, file: PathBuf) -> anyhow::Result<PathBuf> {
        let is_encrypted = matches!(read_held(&file), Ok(Held::Encrypted(_)));
        if is_encrypted == matches!(self, Self::Encrypt) {
            let is = if is_encrypted { "is encrypted already" } else { "is not encrypted" };
            let hint = "`lemma key encrypt` and `lemma key change-passphrase` encrypt";
            return Err(Failure::usage(format!("{} {is}", file.display()), hint).into());
        }
        let secret = files::read_secret(&file)?;
        let text = match self {
            Self::Encrypt => keystore(&file, &secret, &passphrase::fresh()?)?.text().into(),
            Self::Decrypt => plain_text(&secret),
            Self::ChangePassphrase => keystore(&file, &secret, &passphrase::next()?)?.text().into(),
        };
        replace_private(&file, &text)?;
        Ok(file)
    }
}

/// Writes a key for elsewhere.
pub fn export(file: &Path, output: PathBuf, plain: bool) -> anyhow::Result<PathBuf> {
    let secret = files::read_secret(file)?;
    files::keys_of(file, &secret)?;
    let text = if plain { plain_text(&secret) } else { keystore(file, &secret, &passphrase::fresh()?)?.text().into() };
    node::write_private(&output, &text)?;
    Ok(output)
}

/// A secret from elsewhere, whoever may read it there.
pub fn secret_from(from: &Path) -> anyhow::Result<Secret> {
    let text = if from == Path::new("-") { text_of(io::stdin()) } else { File::open(from).and_then(text_of) };
    let text = text.with_context(|| format!("{} cannot be read", from.display()))?;
    let none = |why: Option<node::KeystoreError>| {
        let why = why.map_or("neither 64 hexadecimal digits nor a keystore".to_owned(), |why| why.to_string());
        Failure::usage(format!("{} holds no key: {why}", from.display()), "see --help")
    };
    let text = text.strip_prefix("0x").unwrap_or(&text);
    let secret = match held(text).map_err(none)? {
        Held::Plain(secret) => secret,
        Held::Encrypted(keystore) => keystore.decrypt(&passphrase::existing(from)?).map_err(|why| none(Some(why)))?,
    };
    files::keys_of(from, &secret)?;
    Ok(secret)
}

fn text_of(source: impl Read) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    source.take(BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}
