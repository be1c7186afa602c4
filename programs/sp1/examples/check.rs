//! Asks SP1's own public verifier, not ours, about the files of a run, and says how long it took, the fastest of several.
//!
//! ```console
//! $ cargo run --release --no-default-features --example check -- KEY PUBLIC-VALUES PROOF
//! ```

use sp1::Key;
use sp1_verifier::compressed::SP1CompressedVerifierRaw;
use std::{
    env,
    error::Error,
    fs,
    io::{self, Write},
    time::Instant,
};

const TIMES: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<Vec<u8>> = env::args_os().skip(1).map(fs::read).collect::<Result<_, _>>()?;
    let [key, public_values, proof] = files.as_slice() else {
        return Err("arguments: key, public values, proof".into());
    };
    let key = Key::decode(key).ok_or("the key is none: 32 bytes, as SP1's `bytes32`")?;
    let key = bincode::serialize(&key.elements())?;
    let mut fastest = f64::INFINITY;
    for _ in 0..TIMES {
        let start = Instant::now();
        SP1CompressedVerifierRaw::verify_with_public_values(proof, public_values, &key)?;
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    Ok(writeln!(io::stdout(), "SP1 accepts: {:.1} ms, {} bytes", fastest * 1000.0, proof.len())?)
}
