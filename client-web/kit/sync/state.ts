import type { ApiProblem, HubStatus, Me, Message, Notice, Presence, Server, Upload, User } from "@kit/api";

/** One stretch of a channel's history that is held in memory, ascending by channel number. */
export interface ChannelWindow {
  /** Delivered messages only; own waiting ones are in `LiveState.waiting` and `LiveState.outbox`. */
  messages: Message[];
  /** Who came and went between them, ascending by place in the log. */
  notices: Notice[];
  hasBefore: boolean;
  /** True while the window does not reach the present, for example after a jump to an old message. */
  hasAfter: boolean;
  /** This instance's copy has holes and the community's host is away. */
  incomplete: boolean;
  loading: "initial" | "before" | "after" | null;
  error: ApiProblem | null;
  /** Something may have been missed: fetch again, keep showing this meanwhile. */
  stale: boolean;
}

/** A file of an outgoing message, already at the home instance. */
export interface OutboxAttachment {
  upload: string;
  name: string;
  type: string;
  size: number;
  width: number | null;
  height: number | null;
  thumbhash: string | null;
  previewUrl: string | null;
  alt: string;
  spoiler: boolean;
}

/** A file of a message that is being written. */
export interface UploadItem {
  id: string;
  name: string;
  size: number;
  /** Address of a preview that only this page knows. */
  preview: string | null;
  /** Sent share, 0 to 1. */
  share: number;
  /** paused: goes on by itself when the connection is back. failed: the person decides. */
  state: "uploading" | "paused" | "done" | "failed";
  /** Why it is paused or failed. */
  problem: ApiProblem | null;
  /** What the home instance made of it. */
  file: Upload | null;
  alt: string;
  spoiler: boolean;
}

export interface UploadLimits {
  /** Bytes of one file. */
  bytes: number;
  /** Files of one message. */
  count: number;
}

/** A message that the home instance has not taken yet. */
export interface OutboxItem {
  nonce: string;
  sid: string;
  channel: string;
  body: string;
  replyTo: { id: string; author: string | null; excerpt: string | null; cn: number | null } | null;
  ping: boolean;
  attachments: OutboxAttachment[];
  createdAt: number;
  /** queued: waits for its turn or the network. failed: refused, the person decides. */
  state: "sending" | "queued" | "failed";
  error: { code: string; detail: string } | null;
}

export interface TypingPerson {
  user: User;
  /** Shown until then (milliseconds since 1970). */
  until: number;
}

export interface LiveState {
  /** False until the first snapshot of the gateway has arrived. */
  ready: boolean;
  connection: "connecting" | "online" | "offline";
  me: Me | null;
  settings: Record<string, unknown>;
  servers: Record<string, Server>;
  /** Server ids in the person's order. */
  order: string[];
  users: Record<string, User>;
  /** People who show themselves otherwise in a server than everywhere, by server and id. */
  dressed: Record<string, Record<string, User>>;
  presence: Record<string, Presence>;
  /** Last sequence number seen, by server. */
  cursors: Record<string, number>;
  windows: Record<string, ChannelWindow>;
  /** Own messages that the home instance keeps for the community's host, by channel key. */
  waiting: Record<string, Message[]>;
  /** Own messages that are still in this browser, by channel key. */
  outbox: Record<string, OutboxItem[]>;
  /** Files of messages that are being written, by channel key. */
  files: Record<string, UploadItem[]>;
  typing: Record<string, TypingPerson[]>;
  /** Rises whenever the member list of a server changed. */
  membersVersion: Record<string, number>;
  /** Servers that this person was removed from while looking, with the reason, until they are told. */
  removed: { sid: string; name: string; reason: "left" | "kicked" | "banned" | "deleted" }[];
}

export function emptyState(): LiveState {
  return {
    ready: false,
    connection: "connecting",
    me: null,
    settings: {},
    servers: {},
    order: [],
    users: {},
    dressed: {},
    presence: {},
    cursors: {},
    windows: {},
    waiting: {},
    outbox: {},
    files: {},
    typing: {},
    membersVersion: {},
    removed: [],
  };
}

/** Key of everything that belongs to one channel. */
export function channelKey(sid: string, channel: string): string {
  return `${sid}/${channel}`;
}

export const REACHABLE: HubStatus = { reachable: true, waiting: 0, catching_up: false };
