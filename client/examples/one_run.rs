//! One run from its submission to a receipt that was checked here:
//!
//!     cargo run -p client --example one_run -- http://127.0.0.1:26600 my-net/user.key PROGRAM 00ff

use std::{env, error::Error, fs};
use types::{Data, Input, InputRole, InputSource, List, Millis, Resources, Run, Runtimes, SecretKey};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example tells what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [node, key, program, statement] = arguments.as_slice() else {
        return Err("give the address of a node, a key file, a program and a statement in hex".into());
    };
    // A key file without a passphrase: 64 hexadecimal digits.
    let mut bytes = [0; 32];
    hex::decode_to_slice(fs::read_to_string(key)?.trim(), &mut bytes)?;
    let secret = SecretKey::from_bytes(&bytes).ok_or("the key file holds no key")?;

    let source = InputSource::Inline(Data::new(hex::decode(statement)?)?);
    let run = Run {
        program: program.parse()?,
        arguments: Data::default(),
        inputs: List::new(vec![Input { role: InputRole::Statement, source }])?,
        resources: Resources {
            cpus: 1,
            memory_mib: 512,
            disk_mib: 0,
            gpus: 0,
            gpu_class: 0,
            runtimes: Runtimes::default(),
        },
        compute_max: Millis(60_000),
        fee_max: "5".parse()?,
    };

    let client = client::Client::new(node)?;
    // The node's word for it: where it matters, use a group key that you have from elsewhere.
    let group_key = client.status().await?.group_key;
    let done = client.run(&secret, run, &group_key, &mut |step| println!("{step:?}")).await?;
    println!("{:?}: {}", done.checked.state, done.workload.explain);
    fs::write("my.receipt", &done.receipt)?;
    println!("the receipt is in my.receipt");
    Ok(())
}
