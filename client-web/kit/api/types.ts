// The shapes of the client API. Names equal the schema names of the OpenAPI document.
// Times are integer milliseconds since 1970; ids are opaque strings.

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail?: string | null;
  request_id?: string | null;
  retry_after_ms?: number | null;
  fields?: FieldProblem[] | null;
  domain?: string | null;
}

export interface Instance {
  domain: string;
  /** The domain that it had until lately, and until when that one leads here. */
  former_domain: { domain: string; until: number } | null;
  name: string;
  version: string;
  registration: "open" | "invite" | "approval" | "closed";
  /** Whether accounts have an e-mail address. */
  email: "off" | "optional" | "required";
  /** Whether somebody who lost their password gets a link by mail. */
  mail: boolean;
  setup_required: boolean;
  signed_in: boolean;
  insecure: boolean /* plain http outside loopback: sign-in refused */;
  passkeys: boolean /* the address has a name, so that browsers give passkeys */;
  /** Other services to sign in with. */
  services: { id: string; name: string }[];
  limits: { access_s: number /* how long the token in the cookie is good */; message_chars: number; upload_bytes: number; attachments: number; password_min: number };
}

export interface SessionCreated {
  me: Me;
  token?: string | null; /* bearer only */
}

/** The password was right, and a code is asked for as well. */
export interface SecondStep {
  /** Goes with the code. */
  sign_in: string;
  expires_at: number;
  /** There is an app that shows a code. */
  authenticator: boolean;
  /** There is a passkey, which signs in by itself. */
  passkey: boolean;
}

/** An archive of the person's data. */
export interface Erasure {
  id: string;
  sid: string;
  name: string /* of the community, when it was asked for */;
  host: string;
  state: "waiting" | "erasing" | "done" | "refused" | "unknown";
  code: string | null;
  confirmed: string[] /* domains */;
  missing: string[];
  asked_at: number;
  settled_at: number | null;
}

export interface Export {
  id: string;
  state: "queued" | "running" | "ready" | "failed" | "expired";
  /** Steps that are done, of so many; 0 while nobody knows. */
  done: number;
  total: number;
  /** Bytes of the file. */
  size: number | null;
  /** Why it failed. */
  code: string | null;
  created_at: number;
  /** Until when it can be downloaded. */
  expires_at: number | null;
}

export type ImportPart = "display_name" | "pronouns" | "bio" | "picture" | "banner" | "settings";

/** What an archive of another instance would bring. */
export interface ImportPreview {
  id: string;
  made_at: number;
  handle: string;
  domain: string;
  display_name: string;
  pronouns: string;
  bio: string;
  /** A `data:` address. */
  picture: string | null;
  banner: string | null;
  settings: Record<string, unknown>;
  communities: ImportCommunity[];
}

export interface ImportCommunity {
  id: string;
  name: string;
  domain: string;
  /** Anybody can join. */
  public: boolean;
  /** The person is in it here already. */
  joined: boolean;
}

/** A passkey of the person. */
export interface Passkey {
  id: string;
  name: string;
  created_at: number;
  used_at?: number | null;
}

/** A passkey that was added, with recovery codes where it is the first second factor. */
export interface AddedPasskey {
  passkey: Passkey;
  codes: string[];
}

/** What a sign-in needs besides the password, or takes in its place. */
export interface Factors {
  authenticator: boolean;
  passkeys: Passkey[];
  /** Recovery codes that are left. */
  recovery_codes: number;
}

/** An authenticator app as it is set up. */
export interface AuthenticatorOffer {
  secret: string;
  uri: string;
  /** Rows of a QR code, `1` for dark. */
  qr: string[];
}

export interface RecoveryCodes {
  codes: string[];
}

export interface Me {
  user: User;
  admin: boolean;
  created_at: number;
  /** Sign-ins that nobody has said yet to know of, this one perhaps among them. */
  unknown_sign_ins: number;
  /** People who wait to be let in; for admins of the instance. */
  applications: number;
  /** Other instances that wait to be let in; for admins of the instance. */
  instances_waiting: number;
  /** There is a password. Otherwise they sign in with another service. */
  password: boolean;
  /** They hold a key of their own, above those of this place. */
  own_key: boolean;
  email: Email;
  /** What only members of their communities see: `avatar`, `banner`, `pronouns`, `bio`. */
  members_only: string[];
  /** When the account is deleted, unless that is taken back. */
  deleted_at: number | null;
}

/** The e-mail address of an account. */
export interface Email {
  address: string | null;
  /** One that waits to be confirmed; refused: there is no such mailbox. */
  pending: { address: string; refused: boolean } | null;
}

/** A question that a stranger's device answers before it gets an account, and its answer. */
export interface Challenge {
  challenge: string;
  bits: number;
}
export interface Work {
  challenge: string;
  answer: string;
}

/** Somebody who asked for an account, where an admin decides. */
export interface Application {
  id: string;
  handle: string;
  display_name: string;
  reason: string;
  created_at: number;
}

export interface Session {
  id: string;
  device: string;
  address: string;
  kind: "cookie" | "bearer";
  created_at: number;
  last_seen_at: number;
  current: boolean;
  /** A sign-in that nobody has said yet to know of. */
  unknown: boolean;
}

/** A community that the person left, and in which what they posted may still be. */
export interface Departure {
  sid: string;
  name: string;
  host: string;
  left_at: number;
}

/** An account that will be deleted. */
export interface DeletionSet {
  due_at: number;
  /** The page that shows how far it is; told this once. */
  link: string;
}

/** How far a deletion is. */
export interface DeletionProgress {
  state: "scheduled" | "leaving" | "confirming" | "done";
  erase: boolean;
  asked_at: number;
  due_at: number;
  settled_at: number | null;
  /** Domains. */
  confirmed: string[];
  missing: string[];
}

export interface User {
  id: string;
  kind: "user" | "anonymous" | "persona";
  handle: string;
  domain: string;
  display_name: string;
  avatar: string | null /* url path on this instance */;
  local: boolean;
  /** The account was deleted: there is no name any more. */
  deleted: boolean;
  /** How they show themselves in the server that the answer is about, where that differs. */
  here?: Here | null;
}

export interface Here {
  display_name: string | null;
  avatar: string | null;
}

export interface Profile {
  user: User;
  banner: string | null;
  bio: string;
  pronouns: string;
  mutual_servers: string[] /* sids */;
  joined_at?: number | null;
  fetched_at: number;
}

export interface Server {
  id: string;
  name: string;
  description: string;
  icon: string | null;
  public: boolean;
  hub_domain: string;
  hub_is_here: boolean;
  /** Where the owner has it moved to; none while it stays. */
  moving_to: string | null;
  hub: HubStatus;
  owner: string /* actor */;
  my_actor: string;
  my_roles: string[];
  my_permissions: string[] /* server level names, see Permission */;
  roles: Role[];
  channels: Channel[] /* only what I may see, categories too */;
  notices: string | null /* channel that shows who comes and goes */;
  member_count: number;
  seq: number; /* cursor */
  epoch: number; /* another one: the same seq may stand for another event */
}

export interface HubStatus {
  reachable: boolean;
  since?: number | null /* since when away */;
  waiting: number /* my own queued actions here */;
  catching_up: boolean;
  /** This instance does not speak with it now, because its admins decided so. */
  cut_off?: { code: string; reason: string } | null;
}

export type Permission =
  | "view"
  | "send"
  | "history"
  | "react"
  | "attach"
  | "embed"
  | "mention_everyone"
  | "manage_messages"
  | "pin"
  | "threads"
  | "invite"
  | "manage_channels"
  | "manage_roles"
  | "manage_server"
  | "kick"
  | "ban"
  | "time_out"
  | "manage_invites"
  | "view_audit"
  | "nickname"
  | "manage_nicknames"
  | "manage_emoji"
  | "admin"
  | string;

export interface Role {
  id: string;
  name: string;
  colour: number | null /* 0xRRGGBB */;
  position: number;
  hoist: boolean;
  mentionable: boolean;
  permissions: string[];
  everyone: boolean;
}

export interface Channel {
  id: string;
  kind: "text" | "category";
  name: string;
  topic: string;
  parent: string | null;
  position: number;
  private: boolean;
  overrides: Override[];
  my_permissions: string[];
  last_cn: number;
  read_cn: number;
  unread: number;
  mentions: number;
  last_message_at: number | null;
}

export interface Override {
  target: string /* role id or actor id */;
  allow: string[];
  deny: string[];
}

export interface Members {
  members: Member[];
  total: number;
  cursor: string | null;
}

export interface Member {
  user: User;
  roles: string[];
  plain: boolean;
  joined_at: number;
  presence: Presence;
}

export type Presence = "online" | "idle" | "dnd" | "offline";

export interface Ban {
  user: User;
  reason: string;
  by: string;
  at: number;
}

export interface Invite {
  id: string;
  code: string | null /* known to its maker only */;
  url: string | null;
  channel: string | null;
  roles: string[];
  by: string;
  created_at: number;
  expires_at: number | null;
  max_uses: number | null;
  uses: number;
  revoked: boolean;
}

export interface InvitePreview {
  domain: string;
  code: string;
  server: { id: string; name: string; description: string; icon: string | null; member_count: number };
  channel_name: string | null;
  inviter: { display_name: string; handle: string; domain: string } | null;
  expires_at: number | null;
  already_member: boolean;
  verified: boolean; /* signature of the hub checked */
}

export interface DirectoryEntry {
  id: string;
  domain: string;
  name: string;
  description: string;
  icon: string | null;
  member_count: number;
  joined: boolean;
}

export interface Notice {
  id: string;
  seq: number;
  ts: number;
  kind: "joined" | "left" | "kicked" | "banned";
  user: string;
}

export interface MessagePage {
  messages: Message[];
  notices: Notice[] /* between the messages by seq */;
  users: User[];
  has_before: boolean;
  has_after: boolean;
  incomplete?: boolean; /* hub away and this copy has holes */
}

export interface Message {
  id: string;
  sid: string;
  channel: string;
  seq: number | null /* null while pending */;
  cn: number | null;
  author: string;
  ts: number;
  body: string;
  reply_to: ReplyRef | null;
  attachments: Attachment[];
  reactions: Reaction[];
  edited_at: number | null;
  deleted: boolean;
  /** Not shown: the instance that its author is at home on is blocked here. */
  withheld?: boolean;
  mentions: string[] /* actors, role ids, "everyone" */;
  nonce: string | null /* own messages only */;
  state: "sent" | "pending" | "rejected" | "expired" | "orphaned" /* was in the log, which went on without it */;
  error_code: string | null;
}

export interface ReplyRef {
  id: string;
  author: string | null;
  excerpt: string | null;
  deleted: boolean;
  cn: number | null;
}

export interface Attachment {
  id: string /* mid */;
  name: string;
  type: string;
  size: number;
  width: number | null;
  height: number | null;
  thumbhash: string | null /* base64 */;
  alt: string;
  url: string;
  thumb_url: string | null;
  spoiler: boolean;
}

export interface Reaction {
  emoji: string;
  count: number;
  me: boolean;
  users: string[]; /* first 10 actors */
}

export interface Upload {
  upload: string;
  id: string;
  name: string;
  type: string;
  size: number;
  width: number | null;
  height: number | null;
  thumbhash: string | null;
  preview_url: string | null;
}

/** An upload that is not whole yet. */
export interface PartialUpload {
  upload: string;
  /** Bytes that are there. */
  offset: number;
  size: number;
  /** The most that one request may bring. */
  chunk_bytes: number;
  expires_at: number;
}

export type ClientFrame =
  | { op: "identify"; ticket: string; cursors?: Record<string, number> /* sid → last seq seen */; epochs?: Record<string, number> /* sid → epoch of that cursor */ }
  | { op: "ping"; n: number }
  | { op: "presence"; status: Presence }
  | { op: "watch"; sid: string | null; channel: string | null }; // what is open: typing and presence are sent for it

export type ServerFrame =
  | { op: "hello"; heartbeat_ms: number }
  | {
      op: "ready";
      me: Me;
      servers: Server[];
      users: User[];
      settings: object;
      reset: string[] /* sids whose gap was too long: drop cached messages, fetch again */;
      session: string;
    }
  | { op: "pong"; n: number }
  | { op: "event"; sid: string; seq: number; prev: number; e: GatewayEvent } // ordered per server; ignore seq <= last seen. `prev` is the cursor that this frame follows: what lies between is not for this person.
  | { op: "signal"; s: GatewaySignal } // not ordered, never replayed
  | { op: "close"; code: string; detail: string; retry: boolean }; // before the socket closes: signed_out, slow_consumer, going_away, bad_frame

export type GatewayEvent =
  | { t: "message"; message: Message; user: User } // new
  | { t: "message_edit"; message: Message } // whole message after the edit
  | { t: "message_delete"; channel: string; id: string; by: string }
  | { t: "reaction"; channel: string; id: string; emoji: string; actor: string; user: User; on: boolean }
  | { t: "server"; server: Server } // anything about server, channels, roles or my rights changed: replace it whole
  | { t: "member_join"; member: Member; notice: Notice | null }
  | { t: "member_update"; member: Member }
  | { t: "member_leave"; actor: string; user: User; reason: "left" | "kicked" | "banned"; notice: Notice | null }
  | { t: "purge"; actor: string; seq: number } // everything that they brought before this place is erased
  | { t: "notice"; notice: Notice; user: User } // somebody came who has gone again since
  | { t: "nothing" }; // a seq with nothing to show; moves the cursor only

export type GatewaySignal =
  | { t: "typing"; sid: string; channel: string; user: User }
  | { t: "presence"; user: string; status: Presence }
  | { t: "user"; user: User; here: Record<string, Here> /* by sid */ } // profile changed
  | { t: "me"; me: Me }
  | { t: "settings"; settings: object }
  | { t: "server_added"; server: Server }
  | { t: "server_removed"; sid: string; reason: "left" | "kicked" | "banned" | "deleted" }
  | { t: "server"; server: Server } // counters/hub status/read marks changed without a log event
  | { t: "hub"; sid: string; hub: HubStatus }
  /** Other parts of a server's messages are shown from now on. */
  | { t: "reread"; sid: string }
  | { t: "read"; sid: string; channel: string; read_cn: number; unread: number; mentions: number }
  | { t: "pending"; message: Message } // own queued message changed state (pending, rejected, expired)
  | { t: "members_changed"; sid: string };

export interface FieldProblem {
  field: string;
  code: string;
  message: string;
}
