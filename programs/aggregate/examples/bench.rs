//! `bench LEAVES FOLDER`: set-up, leaves and aggregation on this machine, with their times; the files of a verification go
//! into the folder.

use aggregate_leaf::{
    chain,
    groth16::{decode_scalar, encode_scalar},
};
use program::{
    Output,
    rehearsal::{self, Rehearsal},
};
use std::{
    env,
    error::Error,
    fs,
    io::{self, Write},
    path::Path,
    time::Instant,
};

fn main() -> Result<(), Box<dyn Error>> {
    let [leaves, folder] =
        env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "usage: bench LEAVES FOLDER")?;
    let (leaves, folder): (usize, &Path) = (leaves.parse()?, folder.as_ref());
    let leaf_keys = timed("set-up of the leaves", || aggregate_leaf::setup([1; 32]))?;
    let keys = timed("set-up of the aggregation", || aggregate::setup(leaves, [2; 32]))?;
    say(&format!("proving key of {} bytes", keys.proving.len()))?;
    let (mut claims, mut bundles) = (Vec::new(), Vec::new());
    for leaf in 0..leaves {
        let start = [leaf as u8; 32];
        let claim = encode_scalar(chain(decode_scalar(&start).ok_or("no number")?));
        let inputs: [&[u8]; 4] = [&leaf_keys.verifying, &claim, &leaf_keys.proving, &start];
        let output = timed("a leaf", || Rehearsal::new(leaf as u64).prove(aggregate_leaf::prove, b"", &inputs))?;
        claims.extend(claim);
        bundles.push(output.encode().ok_or("too long")?);
    }
    let mut inputs: Vec<&[u8]> = vec![&keys.verifying, &leaf_keys.verifying, &claims, &keys.proving];
    inputs.extend(bundles.iter().map(Vec::as_slice));
    let rehearsal = Rehearsal::new(99);
    let output = timed("the aggregation, one thread", || rehearsal.prove(aggregate::prove, b"", &inputs))?;
    say(&rehearsal.log_lines().join("\n"))?;
    let statement = [&keys.verifying[..], &leaf_keys.verifying, &claims];
    let valid = timed("its verification", || {
        Ok::<_, Box<dyn Error>>(rehearsal::verify(aggregate::verify, &output, &statement))
    })?;
    say(&format!("valid: {valid}, proof of {} bytes", output.proof.len()))?;
    write(folder, &output, &statement)
}

fn write(folder: &Path, output: &Output, statement: &[&[u8]; 3]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let [key, leaf_key, claims] = statement;
    for (name, bytes) in
        [("proof", &output.proof[..]), ("public", b""), ("key", key), ("leaf-key", leaf_key), ("claims", claims)]
    {
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}

fn timed<T, E>(what: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, Box<dyn Error>>
where
    Box<dyn Error>: From<E>,
{
    let start = Instant::now();
    let result = work()?;
    say(&format!("{what}: {:.2?}", start.elapsed()))?;
    Ok(result)
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
