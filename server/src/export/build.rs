//! Putting an archive together, from the first entry to the last.

use std::collections::HashSet;
use std::path::Path;

use conntext_federation::ids::Actor;

use super::account;
use super::html::{self, Owner};
use super::pack::{How, Pack};
use super::plan::{Community, Plan, plan};
use super::store::{self, ExportRow};
use super::{community, mine_store as mine};
use crate::App;
use crate::accounts::{self, Account};
use crate::error::{Problem, Result};
use crate::media::blobs;

/// An archive that is being made, and how far it is.
pub(super) struct Making {
    app: App,
    pub pack: Pack,
    id: String,
    turn: String,
    done: u64,
    total: u64,
    /// The hundredths that were written last.
    told: u64,
}

impl Making {
    /// Goes on by some steps.
    ///
    /// # Errors
    /// 410 `gone` where nobody wants it any more, or another process has begun it anew.
    pub async fn step(&mut self, steps: u64) -> Result<()> {
        self.done = self.done.saturating_add(steps).min(self.total);
        let here = self.app.cluster.has_duties();
        if !here || !store::is_turn(&mut self.app.db.read().await?, &self.id, &self.turn).await? {
            return Err(Problem::new("gone").detail("The archive was given up."));
        }
        let share = self.done.saturating_mul(100) / self.total.max(1);
        if share > self.told {
            self.told = share;
            let mut tx = self.app.db.begin().await?;
            store::progress(&mut tx, &self.id, &self.turn, self.done, self.total).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Makes the archive of an account at `path`. Answers how large it is.
///
/// # Errors
/// 410 `gone` when it was given up; else what went wrong.
pub(super) async fn build(app: &App, row: &ExportRow, turn: &str, path: &Path) -> Result<u64> {
    let owner = accounts::by_id(&mut app.db.read().await?, &row.account).await?;
    let owner = owner.ok_or_else(|| Problem::new("gone").detail("The account is gone."))?;
    let actor = Actor::User(owner.uid.parse()?);
    let plan = plan(app, &actor).await?;
    let now = app.clock.now_ms();
    let pack = Pack::create(path, now).map_err(blobs::disk)?;
    let (id, turn) = (row.id.clone(), turn.to_owned());
    let mut m = Making { app: app.clone(), pack, id, turn, done: 0, total: plan.total, told: 0 };
    m.step(1).await?;
    let pictures = account::pictures(app, &owner, &plan).await?;
    // First and unpacked, so that a browser finds it without reading the rest.
    let text = account::account(app, &owner, &plan, &pictures, now).await?;
    m.pack.entry("account.json", How::Stored, &text).await.map_err(blobs::disk)?;
    let text = account::identity(app, &owner).await?;
    m.pack.entry("identity.json", How::Deflated, &text).await.map_err(blobs::disk)?;
    m.pack.entry("README.txt", How::Deflated, &readme(app, &owner, &plan)).await.map_err(blobs::disk)?;
    m.pack.entry("schema.json", How::Deflated, include_str!("assets/schema.json")).await.map_err(blobs::disk)?;
    let mut counts = Vec::with_capacity(plan.communities.len());
    let mut written = HashSet::new();
    for c in &plan.communities {
        community::files(app, &mut m, c, &actor, &mut written).await?;
        community::about(&mut m, c).await?;
        let count = community::messages(app, &mut m, c, &actor, &written).await?;
        html::community(app, &mut m, c, &actor, &written, count).await?;
        counts.push(count);
    }
    index(app, &mut m, &owner, &plan, &counts, &pictures, now).await?;
    for picture in pictures.all() {
        m.pack.bytes(&picture.file, picture.bytes).await.map_err(blobs::disk)?;
    }
    m.step(m.total).await?;
    m.pack.finish().await.map_err(blobs::disk)
}

async fn index(
    app: &App,
    m: &mut Making,
    owner: &Account,
    plan: &Plan,
    counts: &[u64],
    pictures: &account::Pictures,
    now: i64,
) -> Result<()> {
    let profile = mine::profile(&mut app.db.read().await?, &owner.uid).await?;
    let profile = profile.ok_or_else(|| Problem::internal("an account without a profile"))?;
    let me = Owner {
        account: owner,
        domain: &app.config.instance.domain,
        display_name: &profile.display_name,
        pronouns: &profile.pronouns,
        bio: &profile.bio,
        picture: pictures.portrait.as_ref(),
        banner: pictures.banner.as_ref(),
        now,
    };
    html::index(m, &me, plan, counts).await
}

fn readme(app: &App, owner: &Account, plan: &Plan) -> String {
    let domain = &app.config.instance.domain;
    let mut text = include_str!("assets/README.txt").replace("{HANDLE}", &owner.handle).replace("{DOMAIN}", domain);
    let missing: Vec<&Community> = plan.communities.iter().filter(|c| !c.is_whole()).collect();
    if missing.is_empty() {
        text.push_str("This instance holds the whole history of your communities: nothing of yours is missing here.\n");
        return text;
    }
    text.push_str(
        "This archive is NOT complete (\"complete\": false). This instance holds only a part of the history of\n",
    );
    text.push_str(
        "these communities, which are at home on other instances. Older messages of yours there are missing:\n\n",
    );
    for c in missing {
        text.push_str(&format!("  {} ({})\n", c.name, c.domain));
    }
    text.push_str(
        "\nRead back in these communities as far as you need it and make an archive again, or ask the people who\n",
    );
    text.push_str("run the instance of the community.\n");
    text
}
