//! The error codes of the protocol. They are a contract: clients and peers act on them.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal;)*) => {
        /// A stable error code, with the HTTP status that carries it between instances.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
        pub enum Code { $(#[doc = concat!("`", $text, "`")] $(#[$doc])* #[serde(rename = $text)] $name,)* }

        impl Code {
            /// The code as it appears on the wire.
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $text,)* } }
            /// The HTTP status of a request that fails with this code.
            pub fn status(self) -> u16 { match self { $(Self::$name => $status,)* } }
            /// All codes, for documentation and tests.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
            /// The code with this text.
            pub fn parse(text: &str) -> Option<Self> { match text { $($text => Some(Self::$name),)* _ => None } }
        }
    };
}

codes! {
    BadJson = "bad_json", 400;
    NotCanonical = "not_canonical", 400;
    /// A frame of a stream that is none, or does not belong there.
    BadFrame = "bad_frame", 400;
    DigestMismatch = "digest_mismatch", 400;
    DigestUnsupported = "digest_unsupported", 400;
    SidMismatch = "sid_mismatch", 400;
    SignatureMissing = "signature_missing", 401;
    SignatureMalformed = "signature_malformed", 401;
    SignatureCoverage = "signature_coverage", 401;
    SignatureFuture = "signature_future", 401;
    SignatureStale = "signature_stale", 401;
    SignatureWindow = "signature_window", 401;
    BadSignature = "bad_signature", 401;
    WrongDestination = "wrong_destination", 401;
    Replayed = "replayed", 401;
    UnknownKey = "unknown_key", 401;
    KeyExpired = "key_expired", 401;
    KeyRevoked = "key_revoked", 401;
    KeyUnavailable = "key_unavailable", 401;
    OriginInvalid = "origin_invalid", 401;
    Blocked = "blocked", 403;
    NotAllowed = "not_allowed", 403;
    /// An admin has not yet decided on the asking instance.
    InReview = "in_review", 403;
    IdentityChanged = "identity_changed", 403;
    OriginMismatch = "origin_mismatch", 403;
    OriginIsSelf = "origin_is_self", 403;
    NotYourHub = "not_your_hub", 403;
    NotHome = "not_home", 403;
    NotMember = "not_member", 403;
    NotMemberHere = "not_member_here", 403;
    Banned = "banned", 403;
    AuthPolicy = "auth_policy", 403;
    InviteRequired = "invite_required", 403;
    InviteExpired = "invite_expired", 403;
    InviteSpent = "invite_spent", 403;
    DmRefused = "dm_refused", 403;
    NoGrant = "no_grant", 403;
    UploadForbidden = "upload_forbidden", 403;
    /// The actor lacks the permission (result of a single action).
    Forbidden = "forbidden", 403;
    TimedOut = "timed_out", 403;
    AnonymousRequired = "anonymous_required", 403;
    UnknownServer = "unknown_server", 404;
    UnknownChannel = "unknown_channel", 404;
    InviteUnknown = "invite_unknown", 404;
    NotFound = "not_found", 404;
    MethodNotAllowed = "method_not_allowed", 405;
    SlowBody = "slow_body", 408;
    Gone = "gone", 410;
    Gap = "gap", 409;
    LogConflict = "log_conflict", 409;
    StaleRev = "stale_rev", 409;
    EpochTaken = "epoch_taken", 409;
    /// The recovery keys of a log had it go on in two ways.
    TakeoverSplit = "takeover_split", 409;
    AidReused = "aid_reused", 409;
    StaleBasis = "stale_basis", 409;
    /// A name that must be unique in its server is in use.
    NameTaken = "name_taken", 409;
    TooLarge = "too_large", 413;
    ContentEncoding = "content_encoding", 415;
    MediaType = "media_type", 415;
    BeyondHead = "beyond_head", 416;
    NotHub = "not_hub", 421;
    /// Another process of the same instance serves this.
    Misdirected = "misdirected", 421;
    /// The instance has another domain now.
    Moved = "moved", 421;
    InvalidEvent = "invalid_event", 422;
    UnknownType = "unknown_type", 422;
    BadContent = "bad_content", 422;
    BadPrev = "bad_prev", 422;
    TsRegress = "ts_regress", 422;
    BadIdentityOp = "bad_identity_op", 422;
    BadMigration = "bad_migration", 422;
    BadTakeover = "bad_takeover", 422;
    HashMismatch = "hash_mismatch", 422;
    BadObjectSignature = "bad_object_signature", 422;
    UrlForbidden = "url_forbidden", 422;
    /// What the hub signed of its log is not what the log says.
    CheckpointMismatch = "checkpoint_mismatch", 422;
    Rate = "rate", 429;
    Overloaded = "overloaded", 503;
    /// An admin has stopped the exchange for a while: nothing is lost.
    Paused = "paused", 503;
    Quota = "quota", 507;
    StorageFull = "storage_full", 507;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl std::error::Error for Code {}
