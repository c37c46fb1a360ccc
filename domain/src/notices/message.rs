//! What a webhook is sent: text that Slack and its kin show, and for programs what it is made of.
//!
//! Source: Slack's incoming webhooks take `{"text": …}` in its own markup, where `&`, `<` and `>`
//! are written as entities. Whoever takes any JSON may read the rest.

use serde::Serialize;

use super::Notice;

/// Things of one message; the page has the others.
const MOST: usize = 10;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// For people.
    pub text: String,
    /// `decisions` or `test`.
    pub kind: &'static str,
    /// What waits.
    pub items: Vec<Item>,
}

/// A thing that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What it is, the same as long as it waits.
    pub subject: String,
    /// What is to be decided.
    pub words: String,
    /// Where.
    pub url: String,
}

impl Message {
    /// What begins to wait.
    #[must_use]
    pub fn of(notices: &[Notice], public_url: &str) -> Self {
        let base = public_url.trim_end_matches('/');
        let item = |notice: &Notice| Item {
            subject: notice.subject.clone(),
            words: notice.words.clone(),
            url: format!("{base}{}", notice.page),
        };
        let items: Vec<Item> = notices.iter().map(item).collect();
        let heading = match items.len() {
            1 => "Segue: a decision waits".to_owned(),
            several => format!("Segue: {several} decisions wait"),
        };
        let line = |item: &Item| format!("\n• {} <{}>", escaped(&item.words), item.url);
        let mut text: String = items.iter().take(MOST).map(line).collect();
        if let Some(more) = items.len().checked_sub(MOST).filter(|more| *more > 0) {
            text = format!("{text}\n• and {more} more: <{base}/approvals>");
        }
        Self { text: format!("{heading}{text}"), kind: "decisions", items }
    }

    /// A try.
    #[must_use]
    pub fn test(by: &str) -> Self {
        let text = format!("Segue: a test by {}. Decisions that wait are told here.", escaped(by));
        Self { text, kind: "test", items: Vec::new() }
    }
}

/// As Slack shows it as it is.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(number: usize) -> Notice {
        Notice {
            subject: format!("change {number}"),
            words: format!("\"<{number}> & more\" is proposed"),
            page: format!("/contract/changes/{number}"),
        }
    }

    #[test]
    fn names_are_text_and_pages_are_links() {
        let message = Message::of(&[notice(1)], "https://segue.example/");
        assert_eq!(
            message.text,
            "Segue: a decision waits\n• \"&lt;1&gt; &amp; more\" is proposed \
             <https://segue.example/contract/changes/1>"
        );
        assert_eq!(message.items[0].words, "\"<1> & more\" is proposed");
        assert!(Message::test("a<b>").text.contains("a&lt;b&gt;"));
    }

    #[test]
    fn of_many_the_first_ten_are_named() {
        let all: Vec<Notice> = (0..12).map(notice).collect();
        let message = Message::of(&all, "https://x");
        assert!(message.text.starts_with("Segue: 12 decisions wait\n"));
        assert!(message.text.ends_with("\n• and 2 more: <https://x/approvals>"));
        assert_eq!((message.text.lines().count(), message.items.len()), (12, 12));
    }
}
