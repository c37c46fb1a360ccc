//! The design system: what every page is put together from.
//!
//! Thin components over plain HTML, so that pages work without a script. A new one is a
//! file here and a file in `style/components/`; `tests` renders each and checks what it
//! owes to readers (labels tied, no style attribute, words beside colours).

mod button;
#[cfg(test)]
mod contrast;
mod dialog;
mod field;
mod frame;
mod icon;
mod mark;
mod notice;
mod page;
mod table;
#[cfg(test)]
mod tests;
pub mod theme;

pub use button::{Button, ButtonKind, LinkButton};
pub use dialog::{Dialog, DialogFoot, OpenDialog, Toast};
pub use field::{CheckField, Choice, Choices, Field, FixedField, Options, SelectField, TextField};
pub use frame::{Frame, PLACES, Person};
pub use icon::{Icon, Mark};
pub use mark::{
    HealthMark, Moment, Progress, RunMark, ShortId, Soon, State, StateMark, UseCaseMark,
};
pub use notice::{Empty, Loading, Notice, NoticeKind, Stale};
pub use page::{Fact, Facts, Page, Pager, Section, Tab, Tabs};
pub use table::{Column, Figure, Nothing, Table, text_or_nothing};
