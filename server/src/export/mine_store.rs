//! SQL that reads what is a person's. Columns that hold secrets stand in no statement here.

use conntext_federation::content::{MessageCreate, MessageEdit};
use conntext_federation::ids::ActionId;

use crate::args;
use crate::db::{Error, Query, Result};

/// Channel numbers that are looked at in one statement: a page in memory, and a short snapshot.
pub(super) const STEP: u64 = 500;
/// Rows that are read at once where there are no numbers to go by.
const PAGE: usize = 500;

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn aid(bytes: Vec<u8>) -> Result<ActionId> {
    Ok(ActionId(bytes.try_into().map_err(|_| Error::Other("a stored message id cannot be read".into()))?))
}

pub(super) struct Own {
    pub doc: String,
    pub display_name: String,
    pub bio: String,
    pub pronouns: String,
    pub avatar: Option<String>,
    pub banner: Option<String>,
    /// The names of what only members of their communities see.
    pub hidden: String,
}

pub(super) async fn profile(q: &mut impl Query, uid: &str) -> Result<Option<Own>> {
    let sql = "select doc, display_name, bio, pronouns, avatar_mid, banner_mid, hidden from profiles where uid = $1";
    Ok(q.row(sql, args![uid]).await?.map(|r| Own {
        doc: r.get(0),
        display_name: r.get(1),
        bio: r.get(2),
        pronouns: r.get(3),
        avatar: r.get(4),
        banner: r.get(5),
        hidden: r.get(6),
    }))
}

pub(super) struct Device {
    pub kind: String,
    pub device: String,
    pub address: String,
    pub created_at: i64,
    pub last_seen_at: i64,
}

pub(super) async fn devices(q: &mut impl Query, account: &str, now: i64) -> Result<Vec<Device>> {
    let sql = "select kind, device, address, created_at, last_seen_at from sessions
               where account_id = $1 and expires_at > $2 order by created_at, id";
    let rows = q.rows(sql, args![account, now]).await?;
    Ok(rows
        .iter()
        .map(|r| Device {
            kind: r.get(0),
            device: r.get(1),
            address: r.get(2),
            created_at: r.get(3),
            last_seen_at: r.get(4),
        })
        .collect())
}

/// Since when there is an authenticator app.
pub(super) async fn authenticator(q: &mut impl Query, account: &str) -> Result<Option<i64>> {
    let sql = "select confirmed_at from authenticators where account_id = $1 and confirmed_at is not null";
    Ok(q.row(sql, args![account]).await?.map(|r| r.get(0)))
}

/// Name, beginning and last use of each passkey.
pub(super) async fn passkeys(q: &mut impl Query, account: &str) -> Result<Vec<(String, i64, Option<i64>)>> {
    let sql = "select name, created_at, used_at from passkeys where account_id = $1 order by created_at, name";
    let rows = q.rows(sql, args![account]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1), r.get(2))).collect())
}

/// How far the person has read: community, channel, number of the last message.
pub(super) async fn read_marks(q: &mut impl Query, uid: &str) -> Result<Vec<(String, String, u64)>> {
    let sql = "select l.sid, m.channel, m.read_cn from read_marks m join logs l on l.id = m.log_id
               where m.actor = $1 order by l.sid, m.channel";
    let rows = q.rows(sql, args![uid]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1), unsigned(r.get(2)))).collect())
}

/// How many messages of a channel are held here, whoever wrote them.
pub(super) async fn held(q: &mut impl Query, log_id: i64, channel: &str) -> Result<u64> {
    let sql = "select count(*) from messages where log_id = $1 and channel = $2";
    Ok(q.row(sql, args![log_id, channel]).await?.map_or(0, |r| unsigned(r.get(0))))
}

/// The lowest number of a channel that is held here.
pub(super) async fn lowest(q: &mut impl Query, log_id: i64, channel: &str) -> Result<Option<u64>> {
    let sql = "select min(cn) from messages where log_id = $1 and channel = $2";
    Ok(q.row(sql, args![log_id, channel]).await?.and_then(|r| r.get::<Option<i64>>(0)).map(unsigned))
}

/// A message of the person's as it stands now.
pub(super) struct Mine {
    pub aid: ActionId,
    pub cn: u64,
    pub ts: i64,
    pub edited_at: Option<i64>,
    pub reply_to: Option<ActionId>,
    pub content: MessageCreate,
}

/// The person's messages with numbers in `(after, after + STEP]`.
pub(super) async fn messages(
    q: &mut impl Query,
    log_id: i64,
    channel: &str,
    author: &str,
    after: u64,
) -> Result<Vec<Mine>> {
    let sql = "select m.aid, m.cn, m.ts, m.edited_at, m.reply_to, e.content, x.content
               from messages m
               join log_events e on e.log_id = m.log_id and e.seq = m.seq
               left join log_events x on x.log_id = m.log_id and x.seq = m.edit_seq
               where m.log_id = $1 and m.channel = $2 and m.cn > $3 and m.cn <= $4 and m.author = $5
                 and m.deleted_seq is null and e.content is not null
               order by m.cn";
    let rows = q.rows(sql, args![log_id, channel, after, after.saturating_add(STEP), author]).await?;
    let mut messages = Vec::with_capacity(rows.len());
    for r in &rows {
        let text: String = r.get(5);
        let Ok(mut content) = serde_json::from_str::<MessageCreate>(&text) else { continue };
        let edit = r.get::<Option<String>>(6).and_then(|t| serde_json::from_str::<MessageEdit>(&t).ok());
        if let Some(edit) = edit {
            content.body = edit.body;
        }
        messages.push(Mine {
            aid: aid(r.get(0))?,
            cn: unsigned(r.get(1)),
            ts: r.get(2),
            edited_at: r.get(3),
            reply_to: r.get::<Option<Vec<u8>>>(4).map(aid).transpose()?,
            content,
        });
    }
    Ok(messages)
}

/// A reaction that the person gave.
pub(super) struct Given {
    pub aid: ActionId,
    pub emoji: String,
    pub seq: i64,
}

/// The reactions that the person gave in a channel, behind a position, in the order of the log.
pub(super) async fn reactions(
    q: &mut impl Query,
    log_id: i64,
    channel: &str,
    actor: &str,
    after: i64,
) -> Result<Vec<Given>> {
    let sql = "select aid, emoji, seq from reactions
               where log_id = $1 and channel = $2 and actor = $3 and present and seq > $4 order by seq limit $5";
    let rows = q.rows(sql, args![log_id, channel, actor, after, PAGE]).await?;
    rows.iter().map(|r| Ok(Given { aid: aid(r.get(0))?, emoji: r.get(1), seq: r.get(2) })).collect()
}

/// A file of one of the person's messages that is stored here.
pub(super) struct Kept {
    pub aid: Vec<u8>,
    pub mid: String,
    pub name: String,
    pub media_type: String,
    pub size: u64,
}

/// The stored files of the person's messages in a channel, behind one of them.
pub(super) async fn files(
    q: &mut impl Query,
    log_id: i64,
    channel: &str,
    author: &str,
    after: Option<&Kept>,
) -> Result<Vec<Kept>> {
    let sql = "select r.aid, r.mid, r.name, m.type, m.size from media_refs r join media m on m.mid = r.mid
               where r.log_id = $1 and r.channel = $2 and r.author = $3 and (r.aid > $4 or (r.aid = $4 and r.mid > $5))
               order by r.aid, r.mid limit $6";
    let (aid, mid) = after.map_or((&[][..], ""), |k| (&k.aid, &k.mid));
    let rows = q.rows(sql, args![log_id, channel, author, aid, mid, PAGE]).await?;
    Ok(rows
        .iter()
        .map(|r| Kept { aid: r.get(0), mid: r.get(1), name: r.get(2), media_type: r.get(3), size: unsigned(r.get(4)) })
        .collect())
}

/// How many bytes these files have together.
pub(super) async fn file_bytes(q: &mut impl Query, log_id: i64, channel: &str, author: &str) -> Result<u64> {
    let sql = "select cast(coalesce(sum(m.size), 0) as bigint) from media_refs r join media m on m.mid = r.mid
               where r.log_id = $1 and r.channel = $2 and r.author = $3";
    Ok(q.row(sql, args![log_id, channel, author]).await?.map_or(0, |r| unsigned(r.get(0))))
}
