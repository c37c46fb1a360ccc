//! Which destinations read an event: those that the contract names, by their key or by their
//! name in Segment.
//!
//! An event itself says where it goes (`integrations`), and Segment what it is connected to; what
//! the contract says is what somebody has approved.

use super::{Event, service::ContractService};
use crate::{destinations::DestinationSpec, error::Result};

/// Whether a destination is named as a reader of an event.
#[must_use]
pub fn reads(event: &Event, destination: &DestinationSpec) -> bool {
    let is_it = |name: &String| {
        name.eq_ignore_ascii_case(destination.key.as_str())
            || name.eq_ignore_ascii_case(&destination.integration)
    };
    event.consumers.iter().any(is_it)
}

impl ContractService {
    /// The events that a destination reads by the contract in force.
    pub async fn read_by(&self, destination: &DestinationSpec) -> Result<Vec<(String, Event)>> {
        let mut events = self.current().await?.contract.events;
        events.retain(|_, event| reads(event, destination));
        Ok(events.into_iter().collect())
    }
}
