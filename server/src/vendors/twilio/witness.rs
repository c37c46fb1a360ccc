//! What Segment says has arrived and been delivered: counted by the mark of a test, and all
//! that a source received by its kind.
//!
//! Source: Segment's own SDKs. The volume of events lags a minute, the delivery overview (beta)
//! five: an empty answer means not yet.

use async_trait::async_trait;
use domain::{
    connections::traffic::{Counted, SourceTraffic, port::TrafficReader},
    error::VendorError,
    mappings::trial::{Seen, port::Witness},
    time::Instant,
};
use serde::Deserialize;

use super::public::PublicClient;

#[derive(Deserialize)]
struct Volume {
    result: Vec<Total>,
}

#[derive(Deserialize)]
struct Overview {
    dataset: Vec<Total>,
}

/// Events of one kind, or of one mark.
#[derive(Deserialize)]
struct Total {
    total: u64,
    #[serde(default, rename = "appVersion")]
    version: Option<String>,
}

#[async_trait]
impl Witness for PublicClient {
    async fn seen(
        &self,
        mark: &str,
        integration: &str,
        from: Instant,
        to: Instant,
    ) -> Result<Seen, VendorError> {
        let source = self.our_source().await?;
        let (from, to) = (from.to_iso(), to.to_iso());
        let time = [("startTime", from.as_str()), ("endTime", to.as_str())];
        let one_page = ("pagination[count]", "1000");
        let mut query = vec![("granularity", "MINUTE"), one_page];
        query.extend([("sourceId[]", source.id.as_str()), ("appVersion[]", mark)]);
        query.extend(time);
        let volume: Volume = self.get("/events/volume", &query).await?;
        let arrived = volume.result.iter().map(|one| one.total).sum();
        let behind = self.behind(&source).await?;
        let mut forwarded = 0;
        // Several may share the name: each gets what is sent under it.
        for destination in behind.iter().filter(|one| one.catalog == integration) {
            let mut query = vec![("granularity", "minute"), one_page, ("groupBy", "appVersion")];
            query.extend([
                ("sourceId", source.id.as_str()),
                ("destinationConfigId", destination.id.as_str()),
            ]);
            query.extend(time);
            let path = "/delivery-overview/successful-delivery";
            let overview: Overview = self.get(path, &query).await?;
            let ours = |one: &&Total| one.version.as_deref() == Some(mark);
            let here: u64 = overview.dataset.iter().filter(ours).map(|one| one.total).sum();
            forwarded = forwarded.max(here);
        }
        Ok(Seen { arrived, forwarded })
    }
}

#[derive(Deserialize)]
struct Kinds {
    result: Vec<KindTotal>,
}

/// Events of one type and name.
#[derive(Deserialize)]
struct KindTotal {
    total: u64,
    #[serde(default, rename = "eventType")]
    kind: String,
    #[serde(default, rename = "eventName")]
    event: Option<String>,
}

#[async_trait]
impl TrafficReader for PublicClient {
    async fn traffic(&self, from: Instant, to: Instant) -> Result<SourceTraffic, VendorError> {
        let source = self.our_source().await?;
        let (start, end) = (from.to_iso(), to.to_iso());
        let query = [
            ("granularity", "HOUR"),
            ("pagination[count]", "1000"),
            ("groupBy[]", "eventName"),
            ("groupBy[]", "eventType"),
            ("sourceId[]", source.id.as_str()),
            ("startTime", start.as_str()),
            ("endTime", end.as_str()),
        ];
        let kinds: Kinds = self.get("/events/volume", &query).await?;
        let counted = kinds.result.into_iter().map(|one| Counted {
            kind: one.kind.to_lowercase(),
            event: one.event.filter(|name| !name.is_empty()),
            total: one.total,
        });
        Ok(SourceTraffic::new(source.called(), counted.collect()))
    }
}
