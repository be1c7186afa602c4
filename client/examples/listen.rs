//! What happens to the workloads of an account: first those that failed, from the lists, then events as they come, for ever.
//! Connections that break are made again, and nothing is missed or told twice:
//!
//!     cargo run -p client --example listen -- http://127.0.0.1:26600 ACCOUNT

use api::WorkloadState;
use client::{EventFilter, WorkloadFilter};
use futures::StreamExt as _;
use std::{env, error::Error};

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example tells what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [node, account] = arguments.as_slice() else {
        return Err("give the address of a node and an account".into());
    };
    let account = Some(account.parse()?);
    let client = client::Client::new(node)?;

    // Listening begins first, so that nothing falls between the two.
    let mut events = client.events(EventFilter { account, ..EventFilter::default() }, None).await?;

    let filter = WorkloadFilter { account, state: Some(WorkloadState::Failed), ..WorkloadFilter::default() };
    let mut failed = client.workloads(&filter).items();
    while let Some(workload) = failed.next().await.transpose()? {
        println!("failed: {}", workload.workload);
    }

    while let Some((event, _)) = events.next().await.transpose()? {
        let workload = event.workload.map(|id| id.to_string()).unwrap_or_default();
        println!("{} {workload}", event.event);
    }
    Ok(())
}
