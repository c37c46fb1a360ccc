//! How a page's data comes along with the page: as JSON, read as server functions read theirs.

use leptos::server::codee::{Decoder, Encoder};
use serde::{Serialize, de::DeserializeOwned};

/// JSON, read from bytes. Leptos' own codec reads text: a second reader of each type, half a
/// megabyte of the browser's module.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl<T: Serialize> Encoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, Self::Error> {
        serde_json::from_slice(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let value = (vec![Some("ש <b>".to_owned()), None], -7_i64);
        let text = Json::encode(&value).unwrap();
        let read: (Vec<Option<String>>, i64) = Json::decode(&text).unwrap();
        assert_eq!(read, value);
        let broken: Result<i64, _> = Json::decode("7 8");
        assert!(broken.is_err());
    }
}
