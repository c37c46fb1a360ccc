//! What came in lately, page by page: the next page is on its way while one is looked at.

use futures::future::join;

use super::{port::Past, service::ContractService};
use crate::{error::Result, time::Instant};

/// Events of one page.
const PAGE: u64 = 5_000;

impl ContractService {
    /// Looks at the tracks that were kept at `since` or later, by their numbers, until so many
    /// were looked at. How many those were.
    pub(super) async fn each_past(
        &self,
        since: Instant,
        at_most: u64,
        mut look: impl FnMut(&Past) + Send,
    ) -> Result<u64> {
        let (mut events, mut page) = (0, self.past.past(since, "", PAGE).await?);
        while let Some(last) = page.last() {
            let after = last.number.clone();
            let looked = async { page.iter().for_each(&mut look) };
            let (next, ()) = join(self.past.past(since, &after, PAGE), looked).await;
            events += page.len() as u64;
            if events >= at_most {
                break;
            }
            page = next?;
        }
        Ok(events)
    }
}
