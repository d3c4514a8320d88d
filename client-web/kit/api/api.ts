import { answers, path, request } from "./http";
import type * as T from "./types";

type Id = string;
const channelPath = (sid: Id, cid: Id, ...rest: string[]): string => path("servers", sid, "channels", cid, ...rest);

/** Which part of a channel's history to fetch; nothing = the newest. */
export interface HistoryQuery {
  before?: number;
  after?: number;
  /** Message id. */
  around?: Id;
  /** Time in milliseconds. */
  at?: number;
  limit?: number;
}

export interface SendMessage {
  nonce: string;
  body: string;
  reply_to?: Id;
  attachments?: { upload: string; alt?: string; spoiler?: boolean }[];
  /** Whether the author of the original is notified. */
  ping?: boolean;
}

/** Every route of the client API, typed. All calls throw `ApiProblem`. */
export const api = {
  /** Whether the instance is there and ready. */
  alive: () => answers("/readyz"),
  instance: () => request<T.Instance>("GET", "instance"),
  setup: (body: { token: string; handle: string; password: string; display_name?: string; instance_name?: string; device?: string }) =>
    request<T.SessionCreated>("POST", "setup", { body }),
  /** Without `me` in the answer an admin decides first. */
  register: (body: { handle: string; password: string; display_name?: string; device?: string; invite?: string; reason?: string; email?: string; email_token?: string; work?: T.Work }) =>
    request<T.SessionCreated | { handle: string }>("POST", "accounts", { body: { ...body, kind: "cookie" } }),

  recover: (token: string, password: string) =>
    request<void>("POST", "accounts/recovery", { body: { token, password } }),

  applications: {
    list: () => request<{ applications: T.Application[] }>("GET", "applications").then((r) => r.applications),
    accept: (id: Id) => request<void>("POST", path("applications", id)),
    decline: (id: Id) => request<void>("DELETE", path("applications", id)),
  },

  sessions: {
    signIn: (body: { handle: string; password: string; device?: string }) =>
      request<T.SessionCreated | T.SecondStep>("POST", "sessions", { body: { ...body, kind: "cookie" } }),
    /** The second step, with a code of the authenticator app or a recovery code. */
    code: (body: { sign_in: string; code: string; device?: string }) =>
      request<T.SessionCreated>("POST", "sessions/code", { body: { ...body, kind: "cookie" } }),
    /** What goes to `navigator.credentials.get`. */
    passkeyOptions: () => request<unknown>("POST", "passkeys/options"),
    passkey: (body: { credential: unknown; device?: string }) =>
      request<T.SessionCreated>("POST", "sessions/passkey", { body: { ...body, kind: "cookie" } }),
    /** Before dangerous acts: who is there. */
    prove: (body: { password: string; code?: string } | { passkey: unknown }) =>
      request<void>("POST", "sessions/current/proof", { body }),
    list: () => request<{ sessions: T.Session[] }>("GET", "sessions").then((r) => r.sessions),
    signOut: () => request<void>("DELETE", "sessions/current"),
    revoke: (id: Id) => request<void>("DELETE", path("sessions", id)),
    /** It was the person who signed in there. */
    know: (id: Id) => request<void>("POST", path("sessions", id, "known")),
    revokeOthers: () => request<void>("DELETE", "sessions"),
  },

  factors: {
    get: () => request<T.Factors>("GET", "me/factors"),
    offerAuthenticator: () => request<T.AuthenticatorOffer>("POST", "me/factors/authenticator"),
    confirmAuthenticator: (code: string) =>
      request<T.RecoveryCodes>("PUT", "me/factors/authenticator", { body: { code } }),
    removeAuthenticator: () => request<void>("DELETE", "me/factors/authenticator"),
    /** What goes to `navigator.credentials.create`. */
    passkeyOptions: () => request<unknown>("POST", "me/factors/passkeys/options"),
    addPasskey: (body: { name: string; credential: unknown }) =>
      request<T.AddedPasskey>("POST", "me/factors/passkeys", { body }),
    renamePasskey: (id: Id, name: string) =>
      request<void>("PATCH", path("me", "factors", "passkeys", id), { body: { name } }),
    removePasskey: (id: Id) => request<void>("DELETE", path("me", "factors", "passkeys", id)),
    renewCodes: () => request<T.RecoveryCodes>("POST", "me/factors/recovery_codes"),
  },

  me: {
    get: () => request<T.Me>("GET", "me"),
    update: (body: { display_name?: string; bio?: string; pronouns?: string; members_only?: string[] }) =>
      request<T.Me>("PATCH", "me", { body }),
    changePassword: (current: string, next: string) =>
      request<void>("POST", "me/password", { body: { current, new: next } }),
    settings: () => request<Record<string, unknown>>("GET", "me/settings"),
    saveSettings: (settings: Record<string, unknown>) =>
      request<Record<string, unknown>>("PUT", "me/settings", { body: settings }),
    setServerOrder: (sids: Id[]) => request<void>("PUT", "me/server_order", { body: { sids } }),
  },

  users: {
    profile: (uid: Id) => request<T.Profile>("GET", path("users", uid)),
  },

  servers: {
    list: () => request<{ servers: T.Server[] }>("GET", "servers").then((r) => r.servers),
    get: (sid: Id) => request<T.Server>("GET", path("servers", sid)),
    create: (body: { name: string; description?: string; template?: "blank" | "community"; public?: boolean }) =>
      request<T.Server>("POST", "servers", { body }),
    update: (
      sid: Id,
      body: { name?: string; description?: string; public?: boolean; notices?: string | null },
    ) =>
      request<T.Server>("PATCH", path("servers", sid), { body }),
    setIcon: (sid: Id, image: Blob) => request<T.Server>("PUT", path("servers", sid, "icon"), { body: image }),
    removeIcon: (sid: Id) => request<void>("DELETE", path("servers", sid, "icon")),
    remove: (sid: Id, confirmName: string) =>
      request<void>("DELETE", path("servers", sid), { body: { confirm_name: confirmName } }),
    leave: (sid: Id) => request<void>("POST", path("servers", sid, "leave")),
    markRead: (sid: Id) => request<void>("PUT", path("servers", sid, "read")),
  },

  roles: {
    create: (
      sid: Id,
      body: { name: string; colour?: number | null; hoist?: boolean; mentionable?: boolean; permissions?: string[] },
    ) => request<T.Role>("POST", path("servers", sid, "roles"), { body }),
    update: (
      sid: Id,
      rid: Id,
      body: {
        name?: string;
        colour?: number | null;
        hoist?: boolean;
        mentionable?: boolean;
        permissions?: string[];
        position?: number;
      },
    ) => request<T.Role>("PATCH", path("servers", sid, "roles", rid), { body }),
    remove: (sid: Id, rid: Id) => request<void>("DELETE", path("servers", sid, "roles", rid)),
  },

  channels: {
    create: (
      sid: Id,
      body: {
        name: string;
        kind?: "text" | "category";
        parent?: Id | null;
        topic?: string;
        private?: boolean;
        allow?: string[];
      },
    ) => request<T.Channel>("POST", path("servers", sid, "channels"), { body }),
    update: (sid: Id, cid: Id, body: { name?: string; topic?: string; parent?: Id | null; position?: number }) =>
      request<T.Channel>("PATCH", channelPath(sid, cid), { body }),
    remove: (sid: Id, cid: Id) => request<void>("DELETE", channelPath(sid, cid)),
    setOverride: (sid: Id, cid: Id, target: string, body: { allow: string[]; deny: string[] }) =>
      request<T.Channel>("PUT", channelPath(sid, cid, "overrides", target), { body }),
    removeOverride: (sid: Id, cid: Id, target: string) =>
      request<void>("DELETE", channelPath(sid, cid, "overrides", target)),
  },

  members: {
    list: (
      sid: Id,
      query: { cursor?: string | null; limit?: number; q?: string; channel?: Id } = {},
      signal?: AbortSignal,
    ) => request<T.Members>("GET", path("servers", sid, "members"), { query, ...(signal ? { signal } : {}) }),
    get: (sid: Id, actor: Id) => request<T.Member>("GET", path("servers", sid, "members", actor)),
    /** What is absent stays; `plain` shows them by their usual name and picture. */
    change: (sid: Id, actor: Id, body: { roles?: Id[]; plain?: boolean }) =>
      request<T.Member>("PATCH", path("servers", sid, "members", actor), { body }),
    kick: (sid: Id, actor: Id, reason?: string) =>
      request<void>("DELETE", path("servers", sid, "members", actor), { body: { reason } }),
    bans: (sid: Id) => request<{ bans: T.Ban[] }>("GET", path("servers", sid, "bans")).then((r) => r.bans),
    ban: (sid: Id, actor: Id, reason?: string) =>
      request<void>("PUT", path("servers", sid, "bans", actor), { body: { reason } }),
    unban: (sid: Id, actor: Id) => request<void>("DELETE", path("servers", sid, "bans", actor)),
  },

  invites: {
    create: (sid: Id, body: { expires_in_s?: number | null; max_uses?: number | null; channel?: Id; roles?: Id[] }) =>
      request<T.Invite>("POST", path("servers", sid, "invites"), { body }),
    list: (sid: Id) => request<{ invites: T.Invite[] }>("GET", path("servers", sid, "invites")).then((r) => r.invites),
    revoke: (sid: Id, id: Id) => request<void>("DELETE", path("servers", sid, "invites", id)),
    preview: (domain: string, code: string) => request<T.InvitePreview>("GET", path("invites", domain, code)),
    accept: (domain: string, code: string) => request<T.Server>("POST", path("invites", domain, code, "accept")),
  },

  directory: {
    list: (domain?: string) =>
      request<{ servers: T.DirectoryEntry[]; domain: string; fetched_at: number }>("GET", "directory", {
        query: { domain },
      }),
    join: (domain: string, sid: Id) => request<T.Server>("POST", path("directory", domain, sid, "join")),
    peers: () => request<{ peers: { domain: string; reachable: boolean }[] }>("GET", "peers").then((r) => r.peers),
  },

  messages: {
    page: (sid: Id, cid: Id, query: HistoryQuery = {}, signal?: AbortSignal) =>
      request<T.MessagePage>("GET", channelPath(sid, cid, "messages"), {
        query: { ...query },
        ...(signal ? { signal } : {}),
      }),
    send: (sid: Id, cid: Id, body: SendMessage) =>
      request<T.Message>("POST", channelPath(sid, cid, "messages"), { body }),
    edit: (sid: Id, cid: Id, id: Id, body: string) =>
      request<T.Message>("PATCH", channelPath(sid, cid, "messages", id), { body: { body } }),
    remove: (sid: Id, cid: Id, id: Id, reason?: string) =>
      request<void>("DELETE", channelPath(sid, cid, "messages", id), reason ? { body: { reason } } : {}),
    react: (sid: Id, cid: Id, id: Id, emoji: string, on: boolean) =>
      request<void>(on ? "PUT" : "DELETE", channelPath(sid, cid, "messages", id, "reactions", emoji)),
    reactors: (sid: Id, cid: Id, id: Id, emoji: string) =>
      request<{ users: T.User[] }>("GET", channelPath(sid, cid, "messages", id, "reactions", emoji)).then(
        (r) => r.users,
      ),
    typing: (sid: Id, cid: Id) => request<void>("POST", channelPath(sid, cid, "typing")),
    markRead: (sid: Id, cid: Id, cn: number) =>
      request<void>("PUT", channelPath(sid, cid, "read"), { body: { cn }, keepalive: true }),
    markUnread: (sid: Id, cid: Id, cn: number) =>
      request<void>("POST", channelPath(sid, cid, "unread"), { body: { cn } }),
    pending: (sid: Id) =>
      request<{ pending: T.Message[] }>("GET", path("servers", sid, "pending")).then((r) => r.pending),
    dropPending: (sid: Id, id: Id) => request<void>("DELETE", path("servers", sid, "pending", id)),
    retryPending: (sid: Id, id: Id) => request<T.Message>("POST", path("servers", sid, "pending", id, "retry")),
  },

  // Bytes go through "@kit/api/upload", which is loaded when there are any.
  uploads: {
    remove: (id: Id) => request<void>("DELETE", path("uploads", id)),
  },

  gateway: {
    ticket: () => request<{ ticket: string }>("POST", "gateway/ticket").then((r) => r.ticket),
  },
};

export type Api = typeof api;
