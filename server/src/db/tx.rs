//! Reading and writing transactions.

use std::future::Future;

use tokio::sync::OwnedMutexGuard;

use super::conn::Conn;
use super::way::{Reader, Step, Way};
use super::writer::Writer;
use super::{Result, Row, Value};

/// Reads, alike in a [`Read`] and in a [`Tx`].
pub trait Query: Send {
    /// All rows of a statement.
    fn rows(&mut self, sql: &'static str, args: Vec<Value>) -> impl Future<Output = Result<Vec<Row>>> + Send;
    /// The first row of a statement, if there is one.
    fn row(&mut self, sql: &'static str, args: Vec<Value>) -> impl Future<Output = Result<Option<Row>>> + Send;
    /// All rows for many keys at once. `prefix` ends in `in (values`, the keys follow, then `suffix`, which closes the
    /// bracket; all keys have the same number of values.
    fn rows_of(
        &mut self,
        prefix: &'static str,
        keys: Vec<Vec<Value>>,
        suffix: &'static str,
    ) -> impl Future<Output = Result<Vec<Row>>> + Send;
}

/// One snapshot of the database: all statements of a `Read` see the same state.
pub struct Read {
    pub(super) reader: Reader,
    pub(super) way: Way,
}

impl Query for Read {
    async fn rows(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>> {
        self.way.go(Step::Read, self.reader.conn().all(sql, args)).await
    }
    async fn row(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Option<Row>> {
        self.way.go(Step::Read, self.reader.conn().first(sql, args)).await
    }
    async fn rows_of(&mut self, prefix: &'static str, keys: Vec<Vec<Value>>, suffix: &'static str) -> Result<Vec<Row>> {
        self.way.go(Step::Read, self.reader.conn().of(prefix, keys, suffix)).await
    }
}

/// The write transaction: there is one at a time. Dropping it without [`Tx::commit`] undoes it.
pub struct Tx {
    pub(super) writer: Option<OwnedMutexGuard<Writer>>,
}

impl Tx {
    pub(super) fn parts(&mut self) -> Result<(Conn<'_>, &Way)> {
        let over = || super::Error::Other("the transaction is over".into());
        let Writer { line, way, .. } = self.writer.as_deref_mut().ok_or_else(over)?;
        Ok((line.conn().ok_or_else(over)?, way))
    }

    /// Makes everything durable: when this returns `Ok`, it is on disk.
    pub async fn commit(mut self) -> Result<()> {
        let (mut conn, way) = self.parts()?;
        way.go(Step::Commit, conn.change("COMMIT", [])).await?;
        if let Some(writer) = self.writer.as_mut() {
            writer.open = false;
            if let Some(fold) = &writer.fold {
                fold.committed();
            }
        }
        Ok(())
    }

    /// Runs a statement; answers with the number of rows it changed.
    pub async fn exec(&mut self, sql: &'static str, args: Vec<Value>) -> Result<u64> {
        let (mut conn, way) = self.parts()?;
        way.go(Step::Write, conn.change(sql, args)).await
    }

    /// Inserts many rows with as few statements as the database allows. `prefix` ends in `values`;
    /// all rows have the same number of values; `suffix` is for example `on conflict do nothing`.
    pub async fn exec_many(
        &mut self,
        prefix: &'static str,
        rows: Vec<Vec<Value>>,
        suffix: &'static str,
    ) -> Result<u64> {
        let (mut conn, way) = self.parts()?;
        way.go(Step::Write, conn.many(prefix, rows, suffix)).await
    }

    /// Runs a script of several statements without parameters (migrations).
    pub(super) async fn script(&mut self, sql: &'static str) -> Result<()> {
        let (mut conn, way) = self.parts()?;
        way.go(Step::Write, conn.schema(sql)).await
    }
}

impl Query for Tx {
    async fn rows(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Vec<Row>> {
        let (mut conn, way) = self.parts()?;
        way.go(Step::Read, conn.all(sql, args)).await
    }
    async fn row(&mut self, sql: &'static str, args: Vec<Value>) -> Result<Option<Row>> {
        let (mut conn, way) = self.parts()?;
        way.go(Step::Read, conn.first(sql, args)).await
    }
    async fn rows_of(&mut self, prefix: &'static str, keys: Vec<Vec<Value>>, suffix: &'static str) -> Result<Vec<Row>> {
        let (mut conn, way) = self.parts()?;
        way.go(Step::Read, conn.of(prefix, keys, suffix)).await
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        let Some(mut writer) = self.writer.take() else { return };
        if writer.open
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            // The lock goes along, so nobody can begin before the rollback is through.
            runtime.spawn(async move { writer.settle().await });
        }
    }
}
