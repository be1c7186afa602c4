//! The query index over a chain of real blocks: lists, pages, restarts, and a file that is built anew.

use crate::{
    fake::{FakeEngine, Served, genesis, test_program},
    records,
};
use api::{Accounts, Blocks, Movements, Place, Programs, Transactions, Workloads};
use ledger::{Ledger, memory::Memory};
use node::Index;
use ports::{Block, Header, Mode};
use rusqlite::{Connection, types::Value};
use std::{collections::BTreeSet, fs, path::Path};
use types::{
    AccountId, Amount, Body, Call, Genesis, Height, List, Program, SecretKey, Signed, Text, Transaction, TxId,
    event::Outcome,
    genesis::{GenesisAccount, PeerId},
    host::Notice,
    verdict::VerdictSecret,
};

const LEADER: [u8; 32] = [9; 32];
const OTHER: AccountId = AccountId([8; 32]);

fn secret() -> SecretKey {
    SecretKey::from_bytes(&[5; 32]).expect("a key")
}

fn program() -> Program {
    Program { name: Text::truncated("own"), ..test_program() }
}

fn me() -> AccountId {
    secret().account()
}

/// The genesis of the fake node, with somebody in it who can sign.
fn with_me(mut genesis: Genesis) -> Genesis {
    let mine = GenesisAccount { account: me(), balance: Amount(900_000_000_000) };
    let mut accounts = genesis.accounts.into_vec();
    accounts.push(mine);
    accounts.sort_by_key(|entry| entry.account);
    genesis.accounts = List::truncated(accounts);
    let secrets: Vec<_> =
        (0..genesis.provers.len()).map(|number| VerdictSecret::derive(&[number as u8; 32]).expect("a key")).collect();
    genesis.provers.iter_mut().zip(&secrets).for_each(|(prover, secret)| prover.key = secret.public());
    let chain = genesis.chain();
    for (prover, secret) in genesis.provers.iter_mut().zip(&secrets) {
        prover.possession = secret.prove_possession(chain, prover.account);
    }
    genesis
}

/// A chain that the ledger makes, block by block.
struct Chain {
    memory: Memory,
    parent: [u8; 32],
    nonce: u64,
    blocks: Vec<(Block, Notice)>,
}

impl Chain {
    fn new() -> Self {
        let ledger = Ledger::new(with_me(genesis())).expect("a genesis");
        Self { memory: Memory::new(ledger), parent: [0; 32], nonce: 0, blocks: Vec::new() }
    }

    fn signed(&mut self, call: Call) -> types::transaction::SignedTransaction {
        let chain = self.memory.ledger().genesis().chain();
        let valid_until = Height(self.memory.height().0 + 50);
        let value =
            Transaction { chain, sender: me(), nonce: self.nonce, fee_limit: Amount(5_000_000_000), valid_until, call };
        self.nonce += 1;
        Signed::new(value, &secret())
    }

    /// A block with these calls.
    fn block(&mut self, calls: Vec<Call>) {
        let transactions: Vec<_> = calls.into_iter().map(|call| self.signed(call)).collect();
        let ids: Vec<TxId> = transactions.iter().map(|it| it.value.id()).collect();
        let candidates = Body { transactions: List::truncated(transactions), ..Body::default() };
        let context = self.memory.context(LEADER, 500);
        let holds = self.memory.execute(context.clone(), candidates.encode().into(), Mode::Candidate);
        holds.expect("every call holds");
        let (body, outcome) = self.memory.block_in(context.clone(), &candidates).expect("a block");
        let header = Header {
            epoch: context.epoch,
            view: context.height,
            leader: LEADER,
            parent_view: 0,
            parent: context.parent,
            height: context.height,
            time_ms: context.time_ms,
            state_root: [7; 32],
            operations_root: [8; 32],
            operations_start: 0,
            operations_end: 9,
            body_hash: [10; 32],
            reshare_hash: [0; 32],
        };
        self.parent = header.hash();
        let block = Block { hash: header.hash(), header: header.encode(), body: body.encode().into() };
        self.blocks.push((block, notice(&header, ids, outcome)));
    }

    /// Blocks in which a program is deployed, run twice, and money moved; and many with nothing.
    fn busy(blocks: usize) -> Self {
        let mut chain = Self::new();
        chain.block(vec![Call::Deploy(program()), transfer(1)]);
        let run = types::Run { program: program().id(), ..records::run() };
        chain.block(vec![transfer(2), Call::Run(run.clone()), transfer(3)]);
        chain.block(vec![Call::Run(types::Run { arguments: types::Data::new(vec![1]).expect("small"), ..run })]);
        while chain.blocks.len() < blocks {
            let calls = if chain.blocks.len().is_multiple_of(7) { vec![transfer(4)] } else { Vec::new() };
            chain.block(calls);
        }
        chain
    }

    /// Puts the chain so far, or its last block alone, where the engine shows it.
    fn show(&self, engine: &FakeEngine) {
        *engine.values.lock().expect("lock") = self.memory.values().clone();
        let blocks = (1..).zip(self.blocks.iter().map(|(block, _)| block.clone()));
        *engine.blocks.lock().expect("lock") = blocks.collect();
        *engine.height.lock().expect("lock") = Some(self.blocks.len() as u64);
    }
}

fn notice(header: &Header, transactions: Vec<TxId>, outcome: Outcome) -> Notice {
    let (height, hash, time_ms, leader) = (header.height, header.hash(), header.time_ms, PeerId(header.leader));
    Notice::Final { height, hash, time_ms, leader, transactions, outcome }
}

fn transfer(amount: u64) -> Call {
    Call::Transfer { to: OTHER, amount: Amount(amount) }
}

/// A node that has read a chain into its index.
async fn reading(chain: &Chain) -> Served {
    let served = Served::of(with_me(genesis())).await;
    chain.show(&served.engine);
    served.follow_index();
    served.index.reached(chain.blocks.len() as u64).await;
    served
}

/// Everything in an index.
fn rows(path: &Path) -> Vec<Vec<Value>> {
    let file = Connection::open(path).expect("the file");
    let mut all = Vec::new();
    for table in ["about", "blocks", "events", "transactions", "workloads", "programs", "accounts", "movements"] {
        let mut select = file.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).expect("a table");
        let columns = select.column_count();
        let rows = select.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).expect("rows");
        let before = all.len();
        all.extend(rows.map(|row| row.expect("a row")));
        assert!(all.len() > before, "{table} is not empty");
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_hold_what_fits_newest_first() {
    let served = reading(&Chain::busy(10)).await;
    let mine = format!("account={}", me());
    let all: Transactions = served.get(&format!("/v1/transactions?{mine}")).await.json();
    let kinds: Vec<_> = all.transactions.iter().map(|it| (it.included.height, it.kind.as_str())).collect();
    assert_eq!(
        kinds,
        [(8, "transfer"), (3, "run"), (2, "transfer"), (2, "run"), (2, "transfer"), (1, "transfer"), (1, "deploy")]
    );
    assert_eq!((all.transactions[0].sender, all.transactions[0].included.time_ms, all.next), (me(), 4_000, None));
    let runs: Transactions = served.get(&format!("/v1/transactions?{mine}&kind=run&to=2")).await.json();
    assert_eq!(runs.transactions.iter().map(|it| it.included.height).collect::<Vec<_>>(), [2]);
    let none: Transactions = served.get(&format!("/v1/transactions?account={OTHER}")).await.json();
    assert_eq!(none.transactions, []);

    let program = program().id();
    for query in ["", &mine, &format!("program={program}"), "state=queued", &format!("{mine}&program={program}&from=2")]
    {
        let listed: Workloads = served.get(&format!("/v1/workloads?{query}")).await.json();
        let told: Vec<_> =
            listed.workloads.iter().map(|it| (it.sender, it.program, it.created.map(|at| at.height))).collect();
        assert_eq!(told, [(Some(me()), Some(program), Some(3)), (Some(me()), Some(program), Some(2))], "{query}");
    }
    for query in ["state=verified", "from=4", &format!("prover={OTHER}"), &format!("account={OTHER}")] {
        let listed: Workloads = served.get(&format!("/v1/workloads?{query}")).await.json();
        assert_eq!(listed.workloads, [], "{query}");
    }
    let programs: Programs = served.get(&format!("/v1/programs?{mine}")).await.json();
    assert_eq!(programs.programs.iter().map(|it| (it.program, it.deployer)).collect::<Vec<_>>(), [(program, me())]);
    let accounts: Accounts = served.get("/v1/accounts").await.json();
    let known: BTreeSet<_> = accounts.accounts.iter().map(|it| it.account).collect();
    assert!([me(), OTHER].iter().all(|id| known.contains(id)) && known.len() == accounts.accounts.len());
    let other = accounts.accounts.iter().find(|it| it.account == OTHER).expect("listed");
    assert_eq!(other.balance, Amount(1 + 2 + 3 + 4));
    let moved: Movements = served.get(&format!("/v1/accounts/{OTHER}/movements?cause=transfer")).await.json();
    assert_eq!(moved.movements.iter().map(|it| it.amount.0).collect::<Vec<_>>(), [4, 3, 2, 1]);
    assert_eq!((moved.since, moved.height), (1, 10));
    let blocks: Blocks = served.get(&format!("/v1/blocks?leader={}&from=2&to=3", PeerId(LEADER))).await.json();
    assert_eq!(blocks.blocks.iter().map(|it| (it.height, it.transactions)).collect::<Vec<_>>(), [(3, 1), (2, 3)]);
    let block: api::Block = served.get("/v1/blocks/2").await.json();
    let events = block.events.expect("known");
    assert_eq!((events.len() as u64, events[0].event.as_str()), (blocks.blocks[1].events, "queued"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_stay_right_while_blocks_come_in() {
    let mut chain = Chain::busy(10);
    let served = reading(&chain).await;
    let (mut heights, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: Blocks = served.get(&format!("/v1/blocks?limit=3{cursor}")).await.json();
        heights.extend(page.blocks.iter().map(|it| it.height));
        chain.block(vec![transfer(5)]);
        chain.show(&served.engine);
        served.publish(chain.blocks.last().expect("a block").1.clone());
        served.index.reached(chain.blocks.len() as u64).await;
        let Some(next) = page.next else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(heights, (1..=10).rev().collect::<Vec<_>>());
    for hostile in
        ["cursor=", "cursor=7", "cursor=-1-1", "cursor=1-4294967296", "cursor=x", "from=-1", "to=x", "page=2"]
    {
        for list in
            ["blocks", "transactions", "workloads", "programs", "accounts", &format!("accounts/{OTHER}/movements")]
        {
            let reply = served.get(&format!("/v1/{list}?{hostile}")).await;
            assert_eq!(reply.problem(), (400, "bad-request".to_owned()), "{list} {hostile}");
        }
    }
    let beyond = format!("from={0}&to={0}&cursor={0}-4294967295&limit={0}", u64::MAX);
    let none: Blocks = served.get(&format!("/v1/blocks?{beyond}")).await.json();
    assert_eq!(none.blocks, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_blocks_are_executed_again_and_give_the_rows_that_were_followed() {
    // More than the state remembers.
    let chain = Chain::busy(300);
    let followed = Served::of(with_me(genesis())).await;
    let mut young = Chain::new();
    young.show(&followed.engine);
    followed.follow_index();
    let again = Chain::busy(300);
    for (number, (_, notice)) in (1..).zip(&again.blocks) {
        // What the state kept then.
        young.blocks.push(again.blocks[number - 1].clone());
        young.memory = at(&again, number);
        young.show(&followed.engine);
        followed.publish(notice.clone());
        followed.index.reached(number as u64).await;
    }
    let replayed = reading(&chain).await;
    let expected = rows(&followed.index_path());
    assert_eq!(rows(&replayed.index_path()), expected);

    // The same file again after a restart: nothing is lost, nothing comes twice.
    let path = replayed.index_path();
    drop(Index::open(&path, with_me(genesis()).chain(), Vec::new()).expect("opened again"));
    assert_eq!(rows(&path), expected);
}

/// The state after a block.
fn at(chain: &Chain, height: usize) -> Memory {
    let mut memory = Memory::new(chain.memory.ledger().clone());
    for (block, _) in &chain.blocks[..height] {
        let body = Body::decode(&block.body).expect("a body");
        memory.block(LEADER, 500, &body).expect("the same block");
    }
    memory
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_damaged_or_of_another_chain_is_built_anew() {
    let chain = Chain::busy(12);
    let served = reading(&chain).await;
    let expected = rows(&served.index_path());
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("index.sqlite");
    let other = Index::open(&path, genesis().chain(), Vec::new()).expect("another chain's");
    drop(other);
    for damage in ["other chain", "other version", "garbage", "missing"] {
        match damage {
            "other version" => {
                Connection::open(&path).and_then(|it| it.pragma_update(None, "user_version", 99)).expect("changed")
            }
            "garbage" => {
                let _ = fs::remove_file(path.with_extension("sqlite-wal"));
                fs::write(&path, [7; 9000]).expect("written");
            }
            "missing" => fs::remove_file(&path).expect("removed"),
            _ => {}
        }
        let served = Served::at(with_me(genesis()), &path).await;
        assert_eq!(served.index.span().height, 0, "{damage}");
        chain.show(&served.engine);
        served.follow_index();
        served.index.reached(12).await;
        assert_eq!(rows(&path), expected, "{damage}");
        served.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_page_costs_an_answer_and_the_next_block_builds_the_file_anew() {
    let mut chain = Chain::busy(12);
    let served = reading(&chain).await;
    let path = served.index_path();
    let file = Connection::open(&path).expect("the file");
    file.pragma_update(None, "wal_checkpoint", "TRUNCATE").expect("all of it in the file");
    drop(file);
    let mut bytes = fs::read(&path).expect("read");
    bytes.iter_mut().skip(4096).for_each(|byte| *byte = 0xff);
    fs::write(&path, bytes).expect("written");
    chain.block(vec![transfer(6)]);
    chain.show(&served.engine);
    served.publish(chain.blocks.last().expect("a block").1.clone());
    served.index.reached(13).await;
    let blocks: Blocks = served.get("/v1/blocks?limit=100").await.json();
    assert_eq!(blocks.blocks.len(), 13);
    assert_eq!(served.get("/v1/status").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_after_a_restart() {
    let chain = Chain::busy(9);
    let served = reading(&chain).await;
    let open = async |query: &str, heard: &str| {
        let request = served.client.get(served.url(&format!("/v1/events{query}"))).header("last-event-id", heard);
        request.send().await.expect("a stream")
    };
    // This node was told nothing since its start: all of it comes out of the index.
    let all = open("", "6-0").await;
    let mine = open(&format!("?account={}", me()), "2-0").await;
    let first = open("", "0-0").await;
    served.stop().await;
    let ids = async |stream: reqwest::Response| -> Vec<String> {
        let text = stream.text().await.expect("text");
        text.lines().filter_map(|line| line.strip_prefix("id:")).map(|id| id.trim().to_owned()).collect()
    };
    assert_eq!(ids(all).await, ["7-0", "8-0", "9-0"]);
    assert_eq!(ids(mine).await, ["3-0"]);
    let first = ids(first).await;
    assert_eq!(first.first().map(String::as_str), Some("1-0"));
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), first.len(), "each once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_absence_is_told_page_by_page_each_event_once() {
    let chain = Chain::busy(300);
    let served = reading(&chain).await;
    let request = served.client.get(served.url("/v1/events")).header("last-event-id", "0-0");
    let stream = request.send().await.expect("a stream");
    served.stop().await;
    let text = stream.text().await.expect("text");
    let ids = text.lines().filter_map(|line| line.strip_prefix("id:"));
    let places: Vec<Place> = ids.map(|id| id.trim().parse().expect("a place")).collect();
    assert!(places.is_sorted_by(|a, b| a < b), "in order, none twice");
    let heights: BTreeSet<u64> = places.iter().map(|place| place.height).collect();
    assert_eq!(heights, (1..=300).collect());
}
