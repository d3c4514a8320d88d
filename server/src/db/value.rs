//! What goes into a statement and what comes out of a row.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::{Error, Result};

/// The type of a NULL: PostgreSQL wants to know, SQLite does not mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    Int,
    Text,
    Blob,
    Bool,
}

/// A bound parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null(Ty),
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
    Bool(bool),
}

/// Types that know their column type, so that `None` can be bound.
pub trait SqlType {
    const TY: Ty;
}

macro_rules! sql_types {
    ($($t:ty => $ty:ident, $v:ident => $e:expr;)*) => {$(
        impl SqlType for $t { const TY: Ty = Ty::$ty; }
        impl From<$t> for Value { fn from($v: $t) -> Self { Value::$ty($e) } }
    )*};
}

sql_types! {
    i64 => Int, v => v;
    i32 => Int, v => v.into();
    u8 => Int, v => v.into();
    u16 => Int, v => v.into();
    u32 => Int, v => v.into();
    // Sequence numbers and sizes stay far below 2^63; the bound keeps an impossible one from turning negative.
    u64 => Int, v => i64::try_from(v).unwrap_or(i64::MAX);
    usize => Int, v => i64::try_from(v).unwrap_or(i64::MAX);
    String => Text, v => v;
    &str => Text, v => v.to_owned();
    &String => Text, v => v.clone();
    Vec<u8> => Blob, v => v;
    &[u8] => Blob, v => v.to_vec();
    &Vec<u8> => Blob, v => v.clone();
    bool => Bool, v => v;
}

impl<const N: usize> SqlType for [u8; N] {
    const TY: Ty = Ty::Blob;
}
impl<const N: usize> From<[u8; N]> for Value {
    fn from(v: [u8; N]) -> Self {
        Value::Blob(v.to_vec())
    }
}
impl<const N: usize> SqlType for &[u8; N] {
    const TY: Ty = Ty::Blob;
}
impl<const N: usize> From<&[u8; N]> for Value {
    fn from(v: &[u8; N]) -> Self {
        Value::Blob(v.to_vec())
    }
}
impl<T: SqlType + Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Value::Null(T::TY), Into::into)
    }
}

/// Builds the arguments of a statement: `args![id, name, now]`.
#[macro_export]
macro_rules! args {
    ($($v:expr),* $(,)?) => { vec![$($crate::db::Value::from($v)),*] };
}

/// One row of an answer.
pub enum Row {
    #[doc(hidden)]
    Sqlite(SqliteRow),
    #[doc(hidden)]
    Postgres(PgRow),
}

/// A type that can be read from a column.
pub trait Column: Sized {
    #[doc(hidden)]
    fn read(row: &Row, index: usize) -> Result<Self>;
}

macro_rules! columns {
    ($($t:ty),*) => {$(
        impl Column for $t {
            fn read(row: &Row, index: usize) -> Result<Self> {
                Ok(match row {
                    Row::Sqlite(row) => row.try_get(index)?,
                    Row::Postgres(row) => row.try_get(index)?,
                })
            }
        }
    )*};
}
columns!(i64, bool, String, Vec<u8>, Option<i64>, Option<bool>, Option<String>, Option<Vec<u8>>);

fn bytes(row: &Row, index: usize) -> Result<Option<&[u8]>> {
    Ok(match row {
        Row::Sqlite(row) => row.try_get(index)?,
        Row::Postgres(row) => row.try_get(index)?,
    })
}

impl<const N: usize> Column for Option<[u8; N]> {
    fn read(row: &Row, index: usize) -> Result<Self> {
        let exactly =
            |b: &[u8]| b.try_into().map_err(|_| Error::Other(format!("column {index} has {} bytes, not {N}", b.len())));
        bytes(row, index)?.map(exactly).transpose()
    }
}

impl<const N: usize> Column for [u8; N] {
    fn read(row: &Row, index: usize) -> Result<Self> {
        Option::read(row, index)?.ok_or_else(|| Error::Other(format!("column {index} is null")))
    }
}

impl Row {
    /// The value of column `index`, counted from 0.
    ///
    /// # Panics
    /// When the column has another type: a fault of the statement beside it, never of the data.
    #[expect(clippy::panic, reason = "statement and reader stand side by side: only a programming fault gets here")]
    pub fn get<T: Column>(&self, index: usize) -> T {
        match T::read(self, index) {
            Ok(value) => value,
            Err(e) => panic!("column {index}: {e}"),
        }
    }

    /// As [`Row::get`], with an error in place of a panic.
    pub fn try_get<T: Column>(&self, index: usize) -> Result<T> {
        T::read(self, index)
    }
}
