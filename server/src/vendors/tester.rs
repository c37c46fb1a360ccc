//! Trying a connection for real, and saying what that proves.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    audiences::port::SegmentSource as _,
    connections::{TestResult, Vendor, port::ConnectionTester},
    delivery::{
        Lane, message,
        port::{Batch, Outcome},
    },
    time::Instant,
};

use super::{customerio::CustomerioClient, twilio::TrackingClient};

/// Tries connections.
pub struct Tester {
    /// Customer.io.
    pub customerio: Arc<CustomerioClient>,
    /// Segment.
    pub tracking: Arc<TrackingClient>,
}

#[async_trait]
impl ConnectionTester for Tester {
    async fn test(&self, vendor: Vendor, now: Instant) -> TestResult {
        let (ok, message) = match vendor {
            Vendor::Customerio => self.test_customerio().await,
            Vendor::Twilio => self.test_twilio(now).await,
        };
        TestResult { at: now, ok, message }
    }
}

impl Tester {
    async fn test_customerio(&self) -> (bool, String) {
        // A test is a try: what is held goes on if it ends well.
        self.customerio.fuse.try_now();
        match self.customerio.segments().await {
            Ok(segments) => {
                (true, format!("The key works: Customer.io lists {} segments.", segments.len()))
            }
            Err(error) => (false, format!("{error}.")),
        }
    }

    /// Goes to no destination (`All: false`). Segment answers 200 to an unknown key too, so
    /// the message says where to look for the proof.
    async fn test_twilio(&self, now: Instant) -> (bool, String) {
        let event = message::probe(&now.0.to_string(), now);
        let batch = Batch { events: vec![&event], lane: Lane::Enter };
        match self.tracking.test(&batch).await {
            Outcome::Accepted => (
                true,
                "Segment's edge took a test event. It does so for an unknown key too: look for \
                 \"Segue Connection Tested\" in the source's debugger to be sure."
                    .to_owned(),
            ),
            Outcome::Refused(why) => {
                (false, format!("Segment refused the test event ({why}): check the write key."))
            }
            Outcome::Unauthorized(why) | Outcome::Failed(why) | Outcome::Held(why) => {
                (false, format!("{why}."))
            }
            Outcome::Limited(_) => {
                (false, "Segment asks us to slow down (429): test again in a minute.".to_owned())
            }
        }
    }
}
