//! Blobs.

use crate::schema;
use serde::{Deserialize, Serialize};
use types::BlobId;
use utoipa::ToSchema;

/// A blob that is in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stored {
    /// Its BLAKE3 hash: what `b3sum` prints.
    #[schema(value_type = schema::Id)]
    pub blob: BlobId,
    /// Its size in bytes.
    pub size: u64,
}
