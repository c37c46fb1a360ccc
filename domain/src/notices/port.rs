//! What storage and the network must do for notices.

use async_trait::async_trait;

use super::{Notice, Standing, Told, message::Message};
use crate::{
    delivery::port::Lease,
    error::Result,
    time::{Instant, Span},
};

/// Something that waits now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What is told of it.
    pub notice: Notice,
    /// If it waits again within this time, it never ceased to.
    pub lull: Option<Span>,
}

/// Keeps what waits, and what was told of it.
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// What waits, the oldest first.
    async fn open_notices(&self) -> Result<Vec<Told>>;

    /// The newest, those that wait first.
    async fn notices(&self, at_most: u64) -> Result<Vec<Told>>;

    /// Notes that these begin to wait, and that the others of these subjects have ceased to.
    async fn note_notices(
        &self,
        lease: &Lease,
        begun: &[Waiting],
        ended: &[&str],
        now: Instant,
    ) -> Result<()>;

    /// Notes that the webhook has taken these, or why it hasn't.
    async fn tell_notices(
        &self,
        lease: &Lease,
        subjects: &[&str],
        failure: Option<&str>,
        now: Instant,
    ) -> Result<()>;
}

/// Posts to the webhook that was entered.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// Where messages go.
    async fn standing(&self) -> Result<Standing>;

    /// Posts one. Inside stands why it wasn't taken, in words without the address, which is a
    /// secret.
    async fn post(
        &self,
        message: &Message,
        now: Instant,
    ) -> Result<std::result::Result<(), String>>;
}
