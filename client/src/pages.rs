//! Lists that a node gives page by page.

use crate::{
    Client, ClientError,
    filters::{
        BlockFilter, Heights, MovementFilter, ProgramFilter, ProverFilter, Query, TransactionFilter, WorkloadFilter,
    },
};
use api::{Accounts, Blocks, Movements, Programs, Provers, Transactions, Workloads, paths};
use futures::{
    StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream},
};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;
use types::AccountId;

/// The most that a node gives in one page.
pub const PAGE_MAX: u32 = 100;

/// A page of a list.
pub trait Page: DeserializeOwned + Send + 'static {
    /// What is listed.
    type Item: Send + 'static;

    /// What to give for the page after it; none on the last.
    fn next(&self) -> Option<&str>;

    /// Whether it holds nothing.
    fn is_empty(&self) -> bool;

    /// What it holds.
    fn items(self) -> Vec<Self::Item>;
}

macro_rules! pages {
    ($($page:ident, $items:ident: $item:ident;)*) => {$(
        impl Page for $page {
            type Item = api::$item;

            fn next(&self) -> Option<&str> {
                self.next.as_deref()
            }

            fn is_empty(&self) -> bool {
                self.$items.is_empty()
            }

            fn items(self) -> Vec<api::$item> {
                self.$items
            }
        }
    )*};
}

pages! {
    Accounts, accounts: Account;
    Blocks, blocks: BlockSummary;
    Movements, movements: Movement;
    Programs, programs: Program;
    Provers, provers: Prover;
    Transactions, transactions: TransactionSummary;
    Workloads, workloads: WorkloadSummary;
}

/// A list that is asked for page by page. What comes in meanwhile moves nothing: each item is told once.
#[derive(Clone, Debug)]
pub struct Pages<P> {
    client: Client,
    path: String,
    query: Query,
    limit: u32,
    /// Where the next page begins: none before the first.
    cursor: Option<String>,
    over: bool,
    page: PhantomData<fn() -> P>,
}

impl<P: Page> Pages<P> {
    fn new(client: &Client, path: impl Into<String>, query: Query) -> Self {
        let (client, path) = (client.clone(), path.into());
        Self { client, path, query, limit: PAGE_MAX, cursor: None, over: false, page: PhantomData }
    }

    /// So many items in a page; [`PAGE_MAX`] at most, and that many unless told.
    #[must_use]
    pub fn limit(self, limit: u32) -> Self {
        Self { limit: limit.clamp(1, PAGE_MAX), ..self }
    }

    /// Goes on where an earlier page named its next.
    #[must_use]
    pub fn after(self, cursor: String) -> Self {
        Self { cursor: Some(cursor), ..self }
    }

    /// The next page; none after the last. After an error it may be asked for again.
    ///
    /// # Errors
    /// As every request: see [`ClientError`].
    pub async fn page(&mut self) -> Result<Option<P>, ClientError> {
        if self.over {
            return Ok(None);
        }
        let given = self.query.iter().map(|(name, value)| (*name, value.as_str()));
        let limit = self.limit.to_string();
        let whole =
            given.chain([("limit", limit.as_str())]).chain(self.cursor.iter().map(|it| ("cursor", it.as_str())));
        let page: P = self.client.asking(&self.path, &whole.collect::<Vec<_>>()).await?;
        // A node that gives nothing, or names the same page as its next, would be asked for ever.
        let goes_on = |next: &&str| !page.is_empty() && self.cursor.as_deref() != Some(*next);
        let next = page.next().filter(goes_on).map(str::to_owned);
        (self.over, self.cursor) = (next.is_none(), next);
        Ok(Some(page))
    }

    /// Everything listed, page by page as it is wanted. Ends after an error.
    pub fn items(self) -> BoxStream<'static, Result<P::Item, ClientError>> {
        let pages = stream::try_unfold(self, async |mut pages| {
            let page = pages.page().await?;
            Ok::<_, ClientError>(page.map(|page| (page, pages)))
        });
        pages.map_ok(|page| stream::iter(page.items()).map(Ok::<_, ClientError>)).try_flatten().boxed()
    }
}

impl Client {
    /// Blocks, newest first.
    #[must_use]
    pub fn blocks(&self, filter: &BlockFilter) -> Pages<Blocks> {
        Pages::new(self, paths::BLOCKS, filter.query())
    }

    /// Transactions that are in blocks, newest first.
    #[must_use]
    pub fn transactions(&self, filter: &TransactionFilter) -> Pages<Transactions> {
        Pages::new(self, paths::TRANSACTIONS, filter.query())
    }

    /// Workloads, newest first; those that wait in the node's mempool before all others.
    #[must_use]
    pub fn workloads(&self, filter: &WorkloadFilter) -> Pages<Workloads> {
        Pages::new(self, paths::WORKLOADS, filter.query())
    }

    /// Programs, the last deployed first.
    #[must_use]
    pub fn programs(&self, filter: &ProgramFilter) -> Pages<Programs> {
        Pages::new(self, paths::PROGRAMS, filter.query())
    }

    /// Provers that are registered, by account.
    #[must_use]
    pub fn provers(&self, filter: ProverFilter) -> Pages<Provers> {
        Pages::new(self, paths::PROVERS, filter.query())
    }

    /// Accounts that were first heard of in these blocks, the last first.
    #[must_use]
    pub fn accounts(&self, heights: Heights) -> Pages<Accounts> {
        Pages::new(self, paths::ACCOUNTS, heights.query())
    }

    /// Movements of an account's money, newest first.
    #[must_use]
    pub fn movements(&self, account: AccountId, filter: &MovementFilter) -> Pages<Movements> {
        Pages::new(self, paths::fill(paths::MOVEMENTS, &account), filter.query())
    }
}
