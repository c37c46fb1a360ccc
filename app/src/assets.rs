//! The names under which the built front end is served.
//!
//! `.ci/front` hashes each file's content into its name and writes the names to a
//! manifest; the server reads it and hands it to `crate::shell`. A file that every page
//! needs gets a field here, and a line in `.ci/front`.

use serde::{Deserialize, Serialize};

/// Paths of the files that every page loads, each with the hash of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetNames {
    /// The JavaScript module that starts the wasm module.
    pub script: String,
    /// The wasm module.
    pub wasm: String,
    /// The one style sheet.
    pub style: String,
}
