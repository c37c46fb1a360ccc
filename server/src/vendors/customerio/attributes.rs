//! People's attributes: up to 100 of them a call, or everyone of some segments by an export.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use domain::{
    audiences::SegmentId,
    error::VendorError,
    people::{
        attributes::{Attributes, bare},
        port::{AttributeSource, ExportRows, ExportState},
    },
    time::Span,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Call, CustomerioClient, Manner, VENDOR, unavailable, wire};

/// A download of a million people takes longer than any call.
const DOWNLOAD: Duration = Duration::from_mins(5);

/// Links that are asked for: one may die before its download begins, as it lives 15 minutes.
const LINKS: usize = 3;

/// The column by which people are told apart.
const CIO_ID: &str = "cio_id";

impl CustomerioClient {
    /// Attributes are tried for a quarter of the time: a sync goes on without them.
    fn tries_for_attributes(&self) -> Span {
        Span(self.tries.each.0 / 4)
    }

    fn attributes_call<'a>(
        &self,
        method: Method,
        path: &'a str,
        body: Option<Value>,
        what: &'a str,
    ) -> Call<'a> {
        let (tries_for, manner) = (self.tries_for_attributes(), Manner::Beside);
        Call { method, path, query: &[], body, what, tries_for, manner }
    }

    /// The file behind a link, which takes no key and costs nothing of the budget.
    async fn file(&self, url: &str) -> Result<Vec<u8>, VendorError> {
        // Only a stand-in on this machine may do without TLS.
        if self.stand_in.is_none() && !url.starts_with("https://") {
            return Err(malformed("a link to an export that isn't https"));
        }
        let request = || self.http.get(url).timeout(DOWNLOAD);
        self.until_answered(request, None, "file of the export", self.tries_for_attributes()).await
    }
}

#[async_trait]
impl AttributeSource for CustomerioClient {
    async fn bulk(&self, cio_ids: &[String]) -> Result<Vec<Attributes>, VendorError> {
        let ids: Vec<&str> = cio_ids.iter().map(|cio_id| bare(cio_id)).collect();
        let body = json!({ "ids": ids });
        let call =
            self.attributes_call(Method::POST, "/customers/attributes", Some(body), "attributes");
        let answer: wire::Customers =
            self.call(Call { query: &[("id_type", "cio_id")], ..call }).await?;
        Ok(answer.read())
    }

    /// A lost answer leaves an export that nobody downloads, and a second one is made.
    async fn begin_export(
        &self,
        segments: &[SegmentId],
        fields: &[String],
    ) -> Result<i64, VendorError> {
        let mut filters: Vec<Value> =
            segments.iter().map(|id| json!({ "segment": { "id": id } })).collect();
        // Exactly one member at the top.
        let filters = match filters.len() {
            1 => filters.swap_remove(0),
            _ => json!({ "or": filters }),
        };
        let body = json!({ "filters": filters, "attributes": fields });
        let call = self.attributes_call(Method::POST, "/exports/customers", Some(body), "export");
        let answer: wire::OneExport = self.call(call).await?;
        Ok(answer.export.id)
    }

    async fn export_state(&self, export: i64) -> Result<ExportState, VendorError> {
        let (path, what) = (format!("/exports/{export}"), format!("export {export}"));
        let answer: wire::OneExport =
            self.call(self.attributes_call(Method::GET, &path, None, &what)).await?;
        Ok(answer.export.state())
    }

    async fn download(&self, export: i64) -> Result<ExportRows, VendorError> {
        let (path, what) = (format!("/exports/{export}/download"), format!("export {export}"));
        for _ in 0..LINKS {
            let link: wire::Link =
                self.call(self.attributes_call(Method::GET, &path, None, &what)).await?;
            match self.file(&link.url).await {
                Ok(bytes) => return rows(bytes),
                // What a dead link answers: a new one is asked for.
                Err(VendorError::Forbidden(_) | VendorError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(unavailable("each link to the export was dead before it was used".to_owned()))
    }
}

/// The lines of a file, by the names in its first one: their order differs.
fn rows(bytes: Vec<u8>) -> Result<ExportRows, VendorError> {
    let mut reader = csv::Reader::from_reader(std::io::Cursor::new(bytes));
    let names: Vec<Option<String>> = reader
        .byte_headers()
        .map_err(|error| unreadable(&error))?
        .iter()
        .map(|name| std::str::from_utf8(name).ok().map(str::to_owned))
        .collect();
    if !names.iter().any(|name| name.as_deref() == Some(CIO_ID)) {
        return Err(malformed("an export without a column cio_id"));
    }
    let read = move |record: Result<csv::ByteRecord, csv::Error>| {
        let record = record.map_err(|error| unreadable(&error))?;
        // A cell that is no text is left out, and the line's others are kept.
        let mut values: BTreeMap<String, String> = names
            .iter()
            .zip(record.iter())
            .filter_map(|(name, cell)| {
                Some((name.clone()?, std::str::from_utf8(cell).ok()?.to_owned()))
            })
            .collect();
        Ok(Attributes { cio_id: values.remove(CIO_ID).unwrap_or_default(), values })
    };
    Ok(Box::new(reader.into_byte_records().map(read)))
}

fn malformed(detail: &str) -> VendorError {
    VendorError::Malformed { vendor: VENDOR, detail: detail.to_owned() }
}

/// The library's own words may quote a cell: only the line is said.
fn unreadable(error: &csv::Error) -> VendorError {
    let line = error.position().map_or(0, csv::Position::line);
    malformed(&format!("an export that breaks off in line {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8]) -> Vec<Result<Attributes, VendorError>> {
        rows(file.to_vec()).unwrap().collect()
    }

    #[test]
    fn columns_are_found_by_name_in_any_order() {
        for file in [
            "cio_id,phone,id\na1,+14155552671,u-1\na2,,\n",
            "\u{feff}phone,id,cio_id\r\n+14155552671,u-1,a1\r\n,,a2\r\n",
        ] {
            let people: Vec<Attributes> = read(file.as_bytes()).into_iter().flatten().collect();
            assert_eq!(people.len(), 2, "{file}");
            assert_eq!((people[0].cio_id.as_str(), people[1].cio_id.as_str()), ("a1", "a2"));
            assert_eq!(people[0].values["phone"], "+14155552671");
            assert_eq!(people[1].values["phone"], "");
        }
    }

    #[test]
    fn quotes_and_line_breaks_belong_to_a_cell_and_bad_bytes_to_nobody_else() {
        let people = read(b"cio_id,name,phone\na1,\"O\"\"Neil,\nJane\",+1\na2,\xff\xfe,+2\n");
        let people: Vec<Attributes> = people.into_iter().flatten().collect();
        assert_eq!(people[0].values["name"], "O\"Neil,\nJane");
        assert_eq!(people[1].values.get("name"), None);
        assert_eq!(people[1].values["phone"], "+2");
    }

    #[test]
    fn a_broken_file_says_where_and_quotes_nobody() {
        assert!(rows(b"id,email\n1,hush@example.com\n".to_vec()).is_err());
        assert!(rows(Vec::new()).is_err());
        let broken = read(b"cio_id,email\na1,a@example.com\na2,hush@example.com,more\n");
        assert!(broken[0].is_ok());
        let words = broken[1].as_ref().unwrap_err().to_string();
        assert!(words.contains("line 3") && !words.contains("hush"), "{words}");
    }
}
