//! The built front end: files of `target/site`, inside the binary.
//!
//! A release build embeds them; a debug build reads the folder while it runs, so that a
//! changed page needs no second compilation of the server. `.ci/front` writes the folder.

use app::assets::AssetNames;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(rust_embed::Embed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Embedded;

/// The files that browsers load, and the names of those that every page needs.
#[derive(Clone)]
pub struct Site {
    files: Files,
    names: Option<AssetNames>,
}

#[derive(Clone)]
enum Files {
    Embedded,
    Given(Arc<BTreeMap<String, Vec<u8>>>),
}

struct File {
    bytes: Cow<'static, [u8]>,
    digest: [u8; 32],
}

/// The encodings that `.ci/front` writes beside each file, the better one first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

const MANIFEST: &str = "manifest.json";

impl Site {
    /// What this binary was built with.
    pub fn embedded() -> Self {
        Self::new(Files::Embedded)
    }

    /// Files given by name, for tests.
    pub fn of(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self::new(Files::Given(Arc::new(files.into_iter().collect())))
    }

    fn new(files: Files) -> Self {
        let names =
            files.get(MANIFEST).and_then(|manifest| serde_json::from_slice(&manifest.bytes).ok());
        Self { files, names }
    }

    /// The names that every page links to; `None` when the front end wasn't built.
    pub fn names(&self) -> Option<AssetNames> {
        self.names.clone()
    }

    /// The file at `path`, in the best encoding that the browser takes; `None` if there is
    /// no such file.
    pub fn respond(&self, path: &str, request: &HeaderMap) -> Option<Response> {
        let path = path.trim_start_matches('/');
        if path == MANIFEST || ENCODINGS.iter().any(|(_, ending)| path.ends_with(ending)) {
            return None;
        }
        let (encoding, file) = ENCODINGS
            .iter()
            .filter(|(encoding, _)| accepts(request, encoding))
            .find_map(|(encoding, ending)| {
                Some((Some(*encoding), self.files.get(&format!("{path}{ending}"))?))
            })
            .or_else(|| Some((None, self.files.get(path)?)))?;
        let tag = tag(&file.digest);
        let fresh = request
            .get_all(IF_NONE_MATCH)
            .iter()
            .any(|known| known.to_str().is_ok_and(|known| known.contains(tag.as_str())));
        let mut response = if fresh {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::new(Body::from(file.bytes.into_owned()))
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        // The hash in a name under /pkg changes with the content, so it may be kept for good.
        headers.insert(
            CACHE_CONTROL,
            HeaderValue::from_static(if path.starts_with("pkg/") {
                "public, max-age=31536000, immutable"
            } else {
                "public, no-cache"
            }),
        );
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(ETAG, tag);
        }
        Some(response)
    }
}

impl Files {
    fn get(&self, name: &str) -> Option<File> {
        match self {
            Self::Embedded => Embedded::get(name)
                .map(|file| File { digest: file.metadata.sha256_hash(), bytes: file.data }),
            Self::Given(files) => files.get(name).map(|bytes| File {
                digest: <sha2::Sha256 as sha2::Digest>::digest(bytes).into(),
                bytes: Cow::Owned(bytes.clone()),
            }),
        }
    }
}

/// Whether the browser takes `encoding`: named, and not with a weight of zero.
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|choice| {
            let mut parts = choice.split(';').map(str::trim);
            parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding))
                && !parts.any(|weight| {
                    weight.strip_prefix("q=").is_some_and(|q| q.parse::<f32>() == Ok(0.0))
                })
        })
    })
}

fn tag(digest: &[u8; 32]) -> String {
    use std::fmt::Write as _;
    let mut tag = String::with_capacity(34);
    tag.push('"');
    for byte in &digest[..16] {
        // Writing to a String can't fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    tag
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        Site::of([
            ("pkg/app-1.js".to_owned(), b"plain".to_vec()),
            ("pkg/app-1.js.br".to_owned(), b"brotli".to_vec()),
            ("pkg/app-1.js.gz".to_owned(), b"gzip".to_vec()),
            ("icon.svg".to_owned(), b"<svg/>".to_vec()),
            ("manifest.json".to_owned(), b"{}".to_vec()),
        ])
    }

    fn ask(path: &str, headers: &[(http::HeaderName, &str)]) -> Option<Response> {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        site().respond(path, &headers)
    }

    #[test]
    fn the_best_encoding_that_the_browser_takes() {
        for (accept, encoding) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("identity", None),
            ("", None),
        ] {
            let response = ask("/pkg/app-1.js", &[(ACCEPT_ENCODING, accept)]).unwrap();
            let given = response.headers().get(CONTENT_ENCODING).map(|v| v.to_str().unwrap());
            assert_eq!(given, encoding, "{accept}");
            assert_eq!(response.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
        }
    }

    #[test]
    fn hashed_names_are_kept_for_good_and_others_asked_again() {
        let hashed = ask("/pkg/app-1.js", &[]).unwrap();
        assert_eq!(hashed.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        let named = ask("/icon.svg", &[]).unwrap();
        assert_eq!(named.headers()[CACHE_CONTROL], "public, no-cache");
        let etag = named.headers()[ETAG].to_str().unwrap().to_owned();
        let again = ask("/icon.svg", &[(IF_NONE_MATCH, &etag)]).unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let changed = ask("/icon.svg", &[(IF_NONE_MATCH, "\"other\"")]).unwrap();
        assert_eq!(changed.status(), StatusCode::OK);
    }

    #[test]
    fn what_is_not_meant_for_browsers_is_not_served() {
        for path in ["/manifest.json", "/pkg/app-1.js.br", "/pkg/none.js", "/", "/../Cargo.toml"] {
            assert!(ask(path, &[]).is_none(), "{path}");
        }
    }
}
