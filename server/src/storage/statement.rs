//! Statements as values: what a pure function wants written, for either driver.
//!
//! Where a transaction is "read, compute, write", the middle is a plain function that
//! returns these, and its test needs no database.

use uuid::Uuid;

/// One statement with what fills its placeholders, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The same text for both drivers.
    pub text: &'static str,
    /// `$1` first.
    pub values: Vec<Value>,
}

/// What both drivers can bind.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An entity's id.
    Id(Uuid),
    /// A text, or nothing.
    Text(Option<String>),
    /// A number, or nothing.
    Number(Option<i64>),
    /// Yes or no.
    Flag(bool),
    /// A set of people, or something sealed.
    Bytes(Option<Vec<u8>>),
}

impl Statement {
    /// A statement whose values follow by [`Self::with`].
    pub fn new(text: &'static str) -> Self {
        Self { text, values: Vec::new() }
    }

    /// The next placeholder's value.
    #[must_use]
    pub fn with(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }
}

impl From<Uuid> for Value {
    fn from(value: Uuid) -> Self {
        Self::Id(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(str::to_owned))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Number(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Some(value))
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(value: Option<Vec<u8>>) -> Self {
        Self::Bytes(value)
    }
}

/// Carries a statement out; how many rows it touched.
macro_rules! carry_out {
    ($connection:ident, $statement:expr) => {{
        let $crate::storage::statement::Statement { text, values } = $statement;
        let mut query = sqlx::query(text);
        for value in values {
            query = match value {
                $crate::storage::statement::Value::Id(value) => query.bind(value),
                $crate::storage::statement::Value::Text(value) => query.bind(value),
                $crate::storage::statement::Value::Number(value) => query.bind(value),
                $crate::storage::statement::Value::Flag(value) => query.bind(value),
                $crate::storage::statement::Value::Bytes(value) => query.bind(value),
            };
        }
        query.execute(&mut *$connection).await?.rows_affected()
    }};
}
pub(super) use carry_out;
