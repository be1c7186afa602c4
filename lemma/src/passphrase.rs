//! Passphrases of key files: by the environment, or typed where nobody sees it. Never an argument: every process sees those.

use crate::exit::Failure;
use node::{PASSPHRASE_FD, PASSPHRASE_FILE, Passphrase};
use std::path::Path;
use zeroize::Zeroizing;

/// Letters that a new passphrase has at least.
const LETTERS_MIN: usize = 8;
/// The environment variable that names a file with a new passphrase.
const NEW_FILE: &str = "LEMMA_NEW_PASSPHRASE_FILE";

/// The passphrase of a file that is encrypted.
///
/// # Errors
/// When none is given and nobody can type it.
pub fn existing(file: &Path) -> anyhow::Result<Passphrase> {
    match given()? {
        Some(passphrase) => Ok(passphrase),
        None => typed(&format!("Passphrase of {}: ", file.display())),
    }
}

/// A passphrase for a file that is to be encrypted. Typed twice.
///
/// # Errors
/// As [`existing`], and when it is too short.
pub fn fresh() -> anyhow::Result<Passphrase> {
    long_enough(given()?.map_or_else(typed_twice, Ok)?)
}

/// The passphrase that takes the place of another.
///
/// # Errors
/// As [`fresh`].
pub fn next() -> anyhow::Result<Passphrase> {
    match std::env::var_os(NEW_FILE) {
        Some(file) => long_enough(Passphrase::read(Path::new(&file)).map_err(wrong)?),
        None => long_enough(typed_twice()?),
    }
}

fn given() -> anyhow::Result<Option<Passphrase>> {
    Ok(Passphrase::given().map_err(wrong)?)
}

fn wrong(error: node::KeyError) -> Failure {
    Failure::usage(error.to_string(), format!("{PASSPHRASE_FILE} names a file of mode 600 whose first line it is"))
}

fn typed_twice() -> anyhow::Result<Passphrase> {
    let first = typed("New passphrase: ")?;
    if typed("The same again: ")? == first {
        return Ok(first);
    }
    Err(Failure::usage("the two passphrases differ", "try again").into())
}

fn typed(prompt: &str) -> anyhow::Result<Passphrase> {
    let nobody = |error| {
        let hint = format!("name a file with it in {PASSPHRASE_FILE}, or an open descriptor in {PASSPHRASE_FD}");
        Failure::usage(format!("no passphrase is given, and none can be typed: {error}"), hint)
    };
    let text = Zeroizing::new(rpassword::prompt_password(prompt).map_err(nobody)?);
    Ok(Passphrase::new(&text))
}

fn long_enough(passphrase: Passphrase) -> anyhow::Result<Passphrase> {
    if passphrase.letters() >= LETTERS_MIN {
        return Ok(passphrase);
    }
    Err(Failure::usage(format!("a passphrase has {LETTERS_MIN} letters at least"), "four random words are good").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_passphrase_is_not_too_short() {
        assert!(long_enough(Passphrase::new("1234567")).is_err());
        assert!(long_enough(Passphrase::new("12345678")).is_ok());
    }
}
