//! Two instances, a community on the first, people of both in it.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::api::{Person, text};
use crate::instance::{Instance, free_port};
use crate::{Options, Result};

/// How long a remote person may take to appear in the community.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything that the measurements need.
pub struct World {
    /// The instance that hosts the community.
    pub a: Instance,
    /// The other one.
    pub b: Instance,
    /// The community.
    pub sid: String,
    /// Its channel.
    pub channel: String,
    /// The owner, at A.
    pub owner: Person,
    /// A member at B.
    pub guest: Person,
    /// Those who send, at A.
    pub senders: Vec<Person>,
    /// Those who watch, at A.
    pub receivers: Vec<Person>,
}

impl World {
    /// Starts both instances and fills them.
    pub async fn start(options: &Options, folder: &Path) -> Result<Self> {
        Self::start_on(options, folder, ["a", "b"], None).await
    }

    /// The same with names, and with the host on a database of PostgreSQL where its address is given.
    pub async fn start_on(options: &Options, folder: &Path, names: [&str; 2], database: Option<&str>) -> Result<Self> {
        let a = Instance::start_on(&options.binary, folder, names[0], free_port().await?, database).await?;
        let b = Instance::start(&options.binary, folder, names[1], free_port().await?).await?;
        let owner = Person::set_up(&a, "owner").await?;
        let guest = Person::set_up(&b, "guest").await?;
        let server = owner.post("/servers", json!({ "name": "Bench", "template": "blank" })).await?;
        let sid = text(&server, "/id")?;
        let made = owner.post(&format!("/servers/{sid}/channels"), json!({ "name": "bench" })).await?;
        let channel = text(&made, "/id")?;
        let invite =
            owner.post(&format!("/servers/{sid}/invites"), json!({ "max_uses": null, "expires_in_s": null })).await?;
        let code = text(&invite, "/code")?;
        let accept = format!("/invites/{}/{code}/accept", a.domain.replace(':', "%3A"));
        guest.post(&accept, json!({})).await?;
        let mut senders = Vec::new();
        for n in 0..options.senders {
            senders.push(joined(&a, &format!("sender{n}"), &accept).await?);
        }
        let mut receivers = Vec::new();
        for n in 0..options.receivers {
            receivers.push(joined(&a, &format!("watcher{n}"), &accept).await?);
        }
        let world = Self { a, b, sid, channel, owner, guest, senders, receivers };
        world.wait_for_guest().await?;
        Ok(world)
    }

    /// Sends a message and returns it as the server acknowledged it.
    pub async fn send(&self, person: &Person, body: &str) -> Result<Value> {
        person
            .post(
                &format!("/servers/{}/channels/{}/messages", self.sid, self.channel),
                json!({ "nonce": body, "body": body }),
            )
            .await
    }

    /// Stops both.
    pub async fn stop(&mut self) -> Result<()> {
        self.b.stop().await?;
        self.a.stop().await
    }

    /// Until the guest's own instance shows the channel.
    async fn wait_for_guest(&self) -> Result<()> {
        let begun = Instant::now();
        loop {
            if let Ok(server) = self.guest.get(&format!("/servers/{}", self.sid)).await {
                let channels = server.get("channels").and_then(Value::as_array);
                if channels
                    .is_some_and(|all| all.iter().any(|c| c.get("id").and_then(Value::as_str) == Some(&self.channel)))
                {
                    return Ok(());
                }
            }
            if begun.elapsed() > PATIENCE {
                return Err("the other instance does not show the channel".into());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn joined(instance: &Instance, handle: &str, accept: &str) -> Result<Person> {
    let person = Person::register(instance, handle).await?;
    person.post(accept, json!({})).await?;
    Ok(person)
}
