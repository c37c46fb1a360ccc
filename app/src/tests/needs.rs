//! The matrix of required fields.

use domain::destinations::{
    Profile,
    needs::{Covered, IDENTIFIER, Need, NeedsCell, NeedsColumn, NeedsLine, NeedsMatrix},
};

use super::{answer, page, samples, words};
use crate::destinations::needs::needs_page;

fn matrix(with: u64, is_red: bool) -> NeedsMatrix {
    let covered = Some(Covered { with, of: 2_000 });
    let line = |field: &str, cell| NeedsLine { field: field.to_owned(), cells: vec![cell] };
    let column = NeedsColumn {
        key: samples::key("tiktok"),
        profile: Profile::TiktokAudiences,
        members: 2_000,
    };
    NeedsMatrix {
        destinations: vec![column],
        fields: vec![
            line(IDENTIFIER, NeedsCell { need: Need::Required, covered, is_red }),
            line("phone", NeedsCell { need: Need::OneOf, covered, is_red: false }),
            line("ltv", NeedsCell { need: Need::Stays, covered: None, is_red: false }),
        ],
    }
}

fn shown(matrix: NeedsMatrix) -> String {
    page("/destinations?view=fields", || needs_page(matrix))
}

#[test]
fn says_where_too_few_can_be_found() {
    let html = shown(matrix(600, true));
    assert_eq!(
        answer(&html),
        "At tiktok only 600 of 2,000 people can be found: too few to be used."
    );
    assert!(words(&html).contains("Too few"), "{html}");
    let html = shown(matrix(1_600, false));
    assert_eq!(answer(&html), "The destination that people are sent to can find enough of them.");
    let text = words(&html);
    assert!(
        text.contains("Required 80 % · 1,600 of 2,000")
            || text.contains("Required80 % · 1,600 of 2,000"),
        "{text}"
    );
    assert!(text.contains("Stays") && text.contains("One of them"), "{text}");
}

#[test]
fn what_was_never_read_is_not_counted() {
    let mut empty = matrix(0, false);
    empty.destinations[0].members = 0;
    assert!(answer(&shown(empty)).contains("nobody can be counted"));
    let none = shown(NeedsMatrix::default());
    assert!(none.contains("/destinations/new"), "{none}");
}
