//! Counts of what was asked and answered, for `GET /sandbox/status` and for tests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::fault::Vendor;

/// Requests of one endpoint with one status.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RequestCount {
    /// Whose endpoint.
    pub vendor: Vendor,
    /// Method and path pattern.
    pub endpoint: String,
    /// The status that was answered (502 where the connection was reset).
    pub status: u16,
    /// How many.
    pub count: u64,
}

/// All counts.
#[derive(Debug, Default)]
pub struct Counters {
    requests: Mutex<BTreeMap<(Vendor, String, u16), u64>>,
    taken_then_failed: AtomicU64,
}

impl Counters {
    pub(super) fn answered(&self, vendor: Vendor, endpoint: String, status: u16) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        *requests.entry((vendor, endpoint, status)).or_default() += 1;
    }

    pub(super) fn taken_then_failed(&self) {
        self.taken_then_failed.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests that were carried out while their answer was spoiled.
    pub fn answers_spoiled(&self) -> u64 {
        self.taken_then_failed.load(Ordering::Relaxed)
    }

    /// Requests by endpoint and status, in order.
    pub fn requests(&self) -> Vec<RequestCount> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests
            .iter()
            .map(|((vendor, endpoint, status), count)| RequestCount {
                vendor: *vendor,
                endpoint: endpoint.clone(),
                status: *status,
                count: *count,
            })
            .collect()
    }

    /// How many requests went to endpoints whose pattern ends like this, with any status.
    pub fn count(&self, vendor: Vendor, endpoint_end: &str) -> u64 {
        self.requests()
            .iter()
            .filter(|row| row.vendor == vendor && row.endpoint.ends_with(endpoint_end))
            .map(|row| row.count)
            .sum()
    }
}
