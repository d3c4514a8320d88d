//! SQL of domains that instances have left.

use conntext_federation::domain::Domain;
use conntext_federation::ids::InstanceId;

use crate::args;
use crate::db::{Query, Result, Tx};

/// A domain that was left.
#[derive(Clone, Debug)]
pub struct Former {
    pub domain: String,
    pub ik: String,
    pub went_to: String,
    /// When, milliseconds.
    pub left_at: i64,
}

pub async fn all(q: &mut impl Query) -> Result<Vec<Former>> {
    let rows = q.rows("select domain, ik, went_to, left_at from former_domains order by left_at", args![]).await?;
    Ok(rows.iter().map(|r| Former { domain: r.get(0), ik: r.get(1), went_to: r.get(2), left_at: r.get(3) }).collect())
}

/// Somebody is at a domain that was left: again, or another one.
pub async fn taken(tx: &mut Tx, domain: &Domain) -> Result<()> {
    tx.exec("delete from former_domains where domain = $1", args![domain.as_str()]).await.map(|_| ())
}

/// Notes that an instance has left a domain for another one.
pub async fn note(tx: &mut Tx, from: &Domain, to: &Domain, ik: &InstanceId, now_ms: i64) -> Result<()> {
    let sql = "update former_domains set went_to = $2 where ik = $1";
    tx.exec(sql, args![ik.as_str(), to.as_str()]).await?;
    let sql = "insert into former_domains (domain, ik, went_to, left_at) values ($1, $2, $3, $4)
               on conflict (domain) do update set ik = excluded.ik, went_to = excluded.went_to, left_at = excluded.left_at";
    tx.exec(sql, args![from.as_str(), ik.as_str(), to.as_str(), now_ms]).await.map(|_| ())
}

/// Where a domain stands alone in its row.
const PLAIN: [&str; 15] = [
    "update profiles set domain = $2 where domain = $1",
    "update profiles set host = $2 where host = $1",
    "update hosted_profiles set home = $2 where home = $1",
    "update logs set hub_domain = $2 where hub_domain = $1",
    "update open_joins set domain = $2 where domain = $1",
    "update receipts_due set hub_domain = $2 where hub_domain = $1",
    "update erasures set hub_domain = $2 where hub_domain = $1",
    "update departures set hub_domain = $2 where hub_domain = $1",
    "update moves_out set domain = $2 where domain = $1",
    "update moves_in set domain = $2 where domain = $1",
    "update moves_in_communities set domain = $2 where domain = $1",
    "update moves_heard set domain = $2 where domain = $1",
    "update handed_over set domain = $2 where domain = $1",
    "update arrivals set domain = $2 where domain = $1",
    "update trust_rules set list = $2 where list = $1",
];

/// Where a domain names the row, beside somebody: what stands there under the new one already gives way.
const KEYED: [(&str, &str); 7] = [
    (
        "delete from farewells where domain = $2 and uid in (select uid from farewells where domain = $1)",
        "update farewells set domain = $2 where domain = $1",
    ),
    (
        "delete from profile_places where domain = $2 and uid in (select uid from profile_places where domain = $1)",
        "update profile_places set domain = $2 where domain = $1",
    ),
    (
        "delete from moves_in_asked where domain = $2 and uid in (select uid from moves_in_asked where domain = $1)",
        "update moves_in_asked set domain = $2 where domain = $1",
    ),
    (
        "delete from trust_lists where domain = $2 and exists (select 1 from trust_lists where domain = $1)",
        "update trust_lists set domain = $2 where domain = $1",
    ),
    (
        "delete from trust_waiting where domain = $2 and exists (select 1 from trust_waiting where domain = $1)",
        "update trust_waiting set domain = $2 where domain = $1",
    ),
    (
        "delete from hub_disputes where told_by = $2 and exists (select 1 from hub_disputes o where o.told_by = $1
           and o.sid = hub_disputes.sid and o.seq = hub_disputes.seq)",
        "update hub_disputes set told_by = $2 where told_by = $1",
    ),
    (
        "delete from peers where domain = $2 and exists (select 1 from peers where domain = $1)",
        "update peers set domain = $2 where domain = $1",
    ),
];

/// Everything that is known here of the instance at `from` is known of `to` from now on.
pub async fn rename(tx: &mut Tx, from: &Domain, to: &Domain) -> Result<()> {
    for (clear, rename) in KEYED {
        tx.exec(clear, args![from.as_str(), to.as_str()]).await?;
        tx.exec(rename, args![from.as_str(), to.as_str()]).await?;
    }
    for rename in PLAIN {
        tx.exec(rename, args![from.as_str(), to.as_str()]).await?;
    }
    // Lists of domains, with spaces between them.
    let sql =
        "update erasures set confirmed = trim(replace(' ' || confirmed || ' ', ' ' || $1 || ' ', ' ' || $2 || ' ')),
                 missing = trim(replace(' ' || missing || ' ', ' ' || $1 || ' ', ' ' || $2 || ' '))
               where (' ' || confirmed || ' ' || missing || ' ') like '% ' || $1 || ' %'";
    tx.exec(sql, args![from.as_str(), to.as_str()]).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns of the schema that hold a domain, by their names.
    fn columns() -> Vec<(String, String)> {
        let (mut found, mut table) = (Vec::new(), String::new());
        for line in crate::db::migrations().iter().flat_map(|migration| migration.sql.lines()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["create", "table", name, ..] => table = (*name).to_owned(),
                [name, "text" | "text,", ..] if name.contains("domain") => {
                    found.push((table.clone(), (*name).to_owned()));
                }
                ["alter", "table", name, "add", "column", column, "text", ..] if column.contains("domain") => {
                    found.push(((*name).to_owned(), (*column).to_owned()));
                }
                _ => {}
            }
        }
        found
    }

    #[test]
    fn j1_no_table_keeps_a_domain_that_was_left() {
        let columns = columns();
        assert!(columns.len() > 15, "{columns:?}");
        for (table, column) in columns.iter().filter(|(table, _)| table != "former_domains") {
            let rename = format!("update {table} set {column} = $2 where {column} = $1");
            let known = PLAIN.contains(&rename.as_str()) || KEYED.iter().any(|(_, update)| *update == rename);
            assert!(known, "a change of domain forgets {table}.{column}");
        }
    }
}
