use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// With whom this instance speaks; the later, the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// With every instance that is not on the deny list.
    Open,
    /// With those that an admin let in. Others wait, and the admins see that they do.
    Review,
    /// With those of the allow list only.
    Allowlist,
    /// With none.
    Closed,
}

impl Mode {
    /// The word in the configuration and in the instance document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Review => "review",
            Self::Allowlist => "allowlist",
            Self::Closed => "closed",
        }
    }
}

/// Which channels of communities elsewhere are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Follow {
    /// All that somebody of this instance may see.
    All,
    /// Those that somebody of this instance has opened lately, and whatever speaks to one of them.
    Opened,
}

/// `[federation]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Federation {
    /// `open`, `review`, `allowlist` or `closed`. Admins can make it stricter while the instance runs, never laxer.
    pub mode: Mode,
    /// Domains to speak with in the modes `review` and `allowlist`; `*.example.org` means all below it.
    pub allow: Vec<String>,
    /// Domains never to speak with, whatever the mode; `*.example.org` means all below it.
    pub deny: Vec<String>,
    /// For development on one machine only: other instances by plain http, with ports, on loopback addresses.
    pub dev_insecure: bool,
    /// Whom to write to about this instance; part of its public document.
    pub contact: String,
    /// Connection attempts to a peer are given up after so many milliseconds.
    pub connect_timeout_ms: u64,
    /// Requests to a peer are given up after so many milliseconds.
    pub request_timeout_ms: u64,
    /// After the first try without an answer the next one follows within so many milliseconds; each further one may
    /// wait twice as long.
    pub retry_first_ms: u64,
    /// The longest time between two tries, in milliseconds.
    pub retry_max_ms: u64,
    /// Requests that one peer may make in a burst.
    pub peer_burst: u32,
    /// Requests that one peer may make per second in the long run.
    pub peer_per_s: u32,
    /// What one peer may send unasked per minute, in bytes; files, answers and the pushes of hubs that are followed are
    /// not counted.
    pub peer_bytes_per_min: u64,
    /// For so many hours after it was first met, a peer is new; 0 trusts newcomers like others.
    pub new_peer_hours: u32,
    /// The part of its rates that a new peer has, in percent.
    pub new_peer_percent: u32,
    /// Actions of one person of another instance in a burst.
    pub actor_burst: u32,
    /// Actions of one person of another instance per second in the long run.
    pub actor_per_s: u32,
    /// Actions of all people of one instance in one server per second in the long run; twice as many in a burst.
    pub origin_per_s: u32,
    /// So many more per second for each member that the instance has in that server.
    pub origin_member_per_s: u32,
    /// Documents of instances that are fetched in a burst, because somebody speaks to us or is spoken to for the first
    /// time, or again after a while.
    pub documents_burst: u32,
    /// Such documents per second in the long run.
    pub documents_per_s: u32,
    /// Requests to other instances that are under way at a time, over all of them.
    pub connections: u32,
    /// Pushes that are sent before the first of them is answered, to a follower that is far behind.
    pub pushes_ahead: u32,
    /// Pushes a second of one community to all that follow it. With more of them than that allows, each gets what is new
    /// after a pause, together; one that is far behind is not held up.
    pub pushes_per_s: u32,
    /// The longest such pause, in milliseconds.
    pub push_pause_ms: u64,
    /// From so many followers of a community on they are told that a stream is preferred to pushes; 0 offers none.
    pub stream_from_followers: u32,
    /// Streams of communities here that may be open at a time, over all of them.
    pub streams: u32,
    /// Pushes a second of one community over all its streams; as `pushes_per_s` for requests.
    pub stream_pushes_per_s: u32,
    /// The most that one push over a stream holds, in KiB; a single event may be longer.
    pub stream_frame_kib: u32,
    /// What may wait for the network at a time, over all streams, in KiB.
    pub stream_buffer_kib: u32,
    /// Who has a stream signs again after so many seconds.
    pub stream_resign_s: u64,
    /// Over a stream something goes at least every so many seconds; an end that is silent for three times as long is gone.
    pub stream_heartbeat_s: u64,
    /// Whether copies here ask for a stream where their hub prefers that.
    pub follow_by_stream: bool,
    /// Failed tries in a row after which a peer counts as down: one request at a time probes it, and nothing else is sent.
    pub down_after: u32,
    /// After so many days without a sign of life a peer is dormant: it is no longer tried until it is heard from.
    pub dormant_days: u32,
    /// For so many days a domain that an instance has left leads on to the one that it has now: of this instance, and of
    /// others as they say.
    pub former_domain_days: u32,
    /// After a start, communities with people of other instances are not written to until these have said how far their
    /// copies go, or until so many milliseconds have passed.
    pub start_ask_ms: u64,
    /// An instance whose first person comes into a large community gets the people in it on pages of so many; a smaller
    /// one comes in one piece.
    pub snapshot_people: usize,
    /// Such pages are kept in memory for a while, so that they can be fetched: so many MiB of those not in use just now.
    pub snapshot_kept_mib: usize,
    /// The most of such pages that this instance fetches when somebody of it joins a community elsewhere.
    pub snapshot_pages: usize,
    /// `all`: copies of communities elsewhere hold every channel that somebody here may see. `opened`: only those that
    /// somebody here has opened lately, and whatever speaks to one of them; the rest is fetched when it is read.
    pub follow: Follow,
    /// With `follow = "opened"`: a channel that nobody here has opened for so many days is no longer followed.
    pub follow_days: u32,
    /// Once an hour a copy of a community is compared with those of so many other instances, so that an instance that
    /// tells different stories of its community is found; 0 compares with its own instance only.
    pub compare_with: u32,
    /// When a community that was restored from an older copy has back what is known to be missing, instances that do
    /// not answer are waited for until so many seconds have passed since it was noticed.
    pub rewind_wait_s: u64,
    /// Actions that may wait for an unreachable hub, per person.
    pub queue_per_actor: usize,
    /// How long an action waits for an unreachable hub, in seconds (7 days at most).
    pub queue_ttl_s: i64,
    /// A new signing key can be read in this instance's document for so many seconds before it signs.
    pub key_lead_s: u32,
    /// The signing key before it signs requests for so many seconds longer.
    pub key_overlap_s: u32,
    /// How often the key files are looked at for a change by `conntext keys`, in seconds.
    pub key_check_s: u64,
}

impl Default for Federation {
    fn default() -> Self {
        Self {
            mode: Mode::Open,
            allow: Vec::new(),
            deny: Vec::new(),
            dev_insecure: false,
            contact: String::new(),
            connect_timeout_ms: 5_000,
            request_timeout_ms: 30_000,
            retry_first_ms: 2_000,
            retry_max_ms: 3_600_000,
            peer_burst: 200,
            peer_per_s: 50,
            peer_bytes_per_min: 20 * 1024 * 1024,
            new_peer_hours: 24,
            new_peer_percent: 10,
            actor_burst: 20,
            actor_per_s: 5,
            origin_per_s: 200,
            origin_member_per_s: 1,
            documents_burst: 100,
            documents_per_s: 10,
            connections: 256,
            pushes_ahead: 4,
            pushes_per_s: 400,
            push_pause_ms: 1_000,
            stream_from_followers: 200,
            streams: 5_000,
            stream_pushes_per_s: 4_000,
            stream_frame_kib: 64,
            stream_buffer_kib: 64 * 1024,
            stream_resign_s: 900,
            stream_heartbeat_s: 30,
            follow_by_stream: true,
            down_after: 5,
            dormant_days: 30,
            former_domain_days: 90,
            start_ask_ms: 2_000,
            snapshot_people: 4_000,
            snapshot_kept_mib: 64,
            snapshot_pages: 500,
            follow: Follow::All,
            follow_days: 30,
            compare_with: 3,
            rewind_wait_s: 60,
            queue_per_actor: 1_000,
            queue_ttl_s: 7 * 86_400,
            key_lead_s: 3_600,
            key_overlap_s: 7 * 86_400,
            key_check_s: 5,
        }
    }
}
