//! A campaign's own webhook: a hint that a segment has changed. Its author writes its body, so
//! we say how: [`super::SNIPPET`].
//!
//! It has no id and campaigns send hundreds at once, so it is no event: it has the segment read
//! soon, and what the reading says counts.

use serde::Deserialize;

use crate::audiences::SegmentId;

use super::{SNIPPET, place_of};

/// The hint; whatever else the author added is theirs.
#[derive(Deserialize)]
struct Wire {
    segment_id: SegmentId,
}

/// Reads which segment it is about.
pub fn read(body: &[u8]) -> Result<SegmentId, String> {
    let wire: Wire = serde_json::from_slice(body).map_err(|error| {
        format!("it doesn't say {SNIPPET} with the segment's number: {}", place_of(&error))
    })?;
    Ok(wire.segment_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_a_segment_and_may_say_more() {
        let read_it = |body: &str| read(body.as_bytes());
        assert_eq!(read_it(&SNIPPET.replace("SEGMENT", "7")), Ok(7));
        assert_eq!(read_it(r#"{"segment_id":7,"cio_id":"a"}"#), Ok(7));
        for bad in ["{}", r#"{"segment_id":"7"}"#, r#"{"segment_id":{{segment}}}"#, ""] {
            assert!(read_it(bad).unwrap_err().contains("segment_id"), "{bad}");
        }
    }
}
