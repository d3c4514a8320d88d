import type { Channel, GatewayEvent, GatewaySignal, Message, Notice, Server, ServerFrame, User } from "@kit/api";
import { channelKey, type ChannelWindow, type LiveState } from "./state";
import { deleteMessage, editMessage, insertMessage, insertNotice, purge, reactTo, trimWindow } from "./window";

/** How long a typing signal is shown, in milliseconds. */
export const TYPING_MS = 6000;

type Ready = Extract<ServerFrame, { op: "ready" }>;

/** The change of one window, if it is held. */
export function updateWindow(
  state: LiveState,
  key: string,
  change: (window: ChannelWindow) => ChannelWindow,
): LiveState {
  const window = state.windows[key];
  if (!window) return state;
  const next = change(window);
  return next === window ? state : { ...state, windows: { ...state.windows, [key]: next } };
}

/** Takes people as they were told; with a server, also how they show themselves there. */
export function upsertUsers(state: LiveState, users: readonly User[], sid?: string): LiveState {
  let next = state;
  const changed = users.filter((u) => !sameUser(state.users[u.id], u));
  if (changed.length > 0) {
    const all = { ...state.users };
    for (const { here: _, ...user } of changed) all[user.id] = user;
    next = { ...next, users: all };
  }
  return sid ? users.reduce((dressing, user) => dress(dressing, sid, user), next) : next;
}

function dress(state: LiveState, sid: string, user: User): LiveState {
  const known = state.dressed[sid]?.[user.id];
  if (!user.here && !known) return state;
  if (known && user.here && sameUser(known, user) && known.here?.display_name === user.here.display_name && known.here.avatar === user.here.avatar) return state;
  const { [user.id]: _, ...others } = state.dressed[sid] ?? {};
  return { ...state, dressed: { ...state.dressed, [sid]: user.here ? { ...others, [user.id]: user } : others } };
}

function sameUser(a: User | undefined, b: User): boolean {
  return (
    a !== undefined &&
    a.display_name === b.display_name &&
    a.avatar === b.avatar &&
    a.handle === b.handle &&
    a.domain === b.domain &&
    a.kind === b.kind &&
    a.local === b.local &&
    a.deleted === b.deleted
  );
}

export function updateServer(state: LiveState, sid: string, change: (server: Server) => Server): LiveState {
  const server = state.servers[sid];
  if (!server) return state;
  const next = change(server);
  return next === server ? state : { ...state, servers: { ...state.servers, [sid]: next } };
}

export function updateChannel(
  state: LiveState,
  sid: string,
  cid: string,
  change: (channel: Channel) => Channel,
): LiveState {
  return updateServer(state, sid, (server) => {
    let touched = false;
    const channels = server.channels.map((channel) => {
      if (channel.id !== cid) return channel;
      const next = change(channel);
      if (next !== channel) touched = true;
      return next;
    });
    return touched ? { ...server, channels } : server;
  });
}

function withoutServer(state: LiveState, sid: string): LiveState {
  const servers = dropKeys(state.servers, (id) => id === sid);
  const cursors = dropKeys(state.cursors, (id) => id === sid);
  const mine = (key: string): boolean => key.startsWith(`${sid}/`);
  return {
    ...state,
    servers,
    cursors,
    order: state.order.filter((id) => id !== sid),
    windows: dropKeys(state.windows, mine),
    waiting: dropKeys(state.waiting, mine),
    outbox: dropKeys(state.outbox, mine),
    typing: dropKeys(state.typing, mine),
  };
}

/** The record without some of its keys. */
export function dropKeys<T>(record: Record<string, T>, drop: (key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !drop(key)));
}

/** Marks all held history of a server as possibly out of date. */
export function staleServer(state: LiveState, sid: string): LiveState {
  const windows = Object.fromEntries(
    Object.entries(state.windows).map(([key, window]) => [
      key,
      key.startsWith(`${sid}/`) ? { ...window, stale: true } : window,
    ]),
  );
  return { ...state, windows };
}

/** Messages that stay of a channel whose notices have to be fetched. */
const KEPT_FOR_NOTICES = 50;

/**
 * Takes a server's description. The gateway sends it for rights, channels and counters alike. Windows of channels
 * that can no longer be seen are forgotten.
 */
export function putServer(state: LiveState, server: Server): LiveState {
  const known = state.servers[server.id];
  const visible = new Set(server.channels.map((c) => channelKey(server.id, c.id)));
  const gone = (key: string): boolean => key.startsWith(`${server.id}/`) && !visible.has(key);
  return {
    ...state,
    servers: { ...state.servers, [server.id]: server },
    order: state.order.includes(server.id) ? state.order : [...state.order, server.id],
    cursors: server.id in state.cursors ? state.cursors : { ...state.cursors, [server.id]: server.seq },
    windows: known ? dropKeys(withNotices(state.windows, known, server), gone) : state.windows,
  };
}

/** A channel that shows from now on who comes and goes: what is held of it lacks that. */
function withNotices(windows: LiveState["windows"], before: Server, now: Server): LiveState["windows"] {
  if (now.notices === null || now.notices === before.notices) return windows;
  const key = channelKey(now.id, now.notices);
  const window = windows[key];
  return window ? { ...windows, [key]: { ...trimWindow(window, KEPT_FOR_NOTICES), stale: true } } : windows;
}

function applyReady(state: LiveState, ready: Ready): LiveState {
  const here = new Set(ready.servers.map((s) => s.id));
  let next: LiveState = state;
  for (const sid of Object.keys(state.servers)) if (!here.has(sid)) next = withoutServer(next, sid);
  next = upsertUsers(next, ready.users);
  const reset = new Set(ready.reset);
  const cursors: Record<string, number> = {};
  for (const server of ready.servers) {
    const known = next.cursors[server.id];
    // With a cursor of ours the missed events follow as live frames; without one the snapshot is the start.
    cursors[server.id] = known === undefined || reset.has(server.id) ? server.seq : Math.min(known, server.seq);
  }
  for (const server of ready.servers) {
    const known = next.cursors[server.id];
    // A cursor ahead of the server: it was restored from an older copy.
    if (reset.has(server.id) || (known !== undefined && known > server.seq)) next = staleServer(next, server.id);
  }
  return {
    ...next,
    ready: true,
    me: ready.me,
    settings: ready.settings as Record<string, unknown>,
    servers: Object.fromEntries(ready.servers.map((s) => [s.id, s])),
    order: ready.servers.map((s) => s.id),
    cursors,
    typing: {},
    membersVersion: bumpAll(next.membersVersion, [...here]),
  };
}

function bumpAll(versions: Record<string, number>, sids: string[]): Record<string, number> {
  const next = { ...versions };
  for (const sid of sids) next[sid] = (next[sid] ?? 0) + 1;
  return next;
}

function mentionsMe(server: Server, message: Message): boolean {
  return message.mentions.some(
    (m) => m === server.my_actor || m === "everyone" || m === "here" || server.my_roles.includes(m),
  );
}

/** Removes the waiting forms of a message that was delivered. */
export function settleOwn(state: LiveState, message: Message): LiveState {
  const key = channelKey(message.sid, message.channel);
  const same = (m: { id?: string; nonce: string | null }): boolean =>
    (m.id !== undefined && m.id === message.id) || (message.nonce !== null && m.nonce === message.nonce);
  let next = state;
  const waiting = state.waiting[key];
  if (waiting?.some(same)) next = { ...next, waiting: { ...next.waiting, [key]: waiting.filter((m) => !same(m)) } };
  const outbox = state.outbox[key];
  if (outbox?.some(same)) next = { ...next, outbox: { ...next.outbox, [key]: outbox.filter((m) => !same(m)) } };
  return next;
}

/** Takes an own message that the home keeps for the community's host, or that was refused. */
export function putWaiting(state: LiveState, message: Message): LiveState {
  const key = channelKey(message.sid, message.channel);
  const window = state.windows[key];
  // Delivered in the meantime: the late word "pending" is no news.
  if (window?.messages.some((m) => m.id === message.id)) return settleOwn(state, message);
  const list = state.waiting[key] ?? [];
  const at = list.findIndex((m) => m.id === message.id);
  const waiting = at < 0 ? [...list, message] : list.map((m, i) => (i === at ? message : m));
  const settled = message.nonce === null ? state : dropOutbox(state, key, message.nonce);
  return { ...settled, waiting: { ...settled.waiting, [key]: waiting } };
}

export function dropOutbox(state: LiveState, key: string, nonce: string): LiveState {
  const list = state.outbox[key];
  if (!list?.some((item) => item.nonce === nonce)) return state;
  return { ...state, outbox: { ...state.outbox, [key]: list.filter((item) => item.nonce !== nonce) } };
}

/** Takes a delivered message, from an event or as the answer to sending it. */
export function putMessage(state: LiveState, message: Message): LiveState {
  if (message.state !== "sent" || message.cn === null) return putWaiting(state, message);
  const key = channelKey(message.sid, message.channel);
  return updateWindow(settleOwn(state, message), key, (w) => insertMessage(w, message));
}

function countMessage(state: LiveState, sid: string, message: Message): LiveState {
  const server = state.servers[sid];
  const cn = message.cn;
  if (!server || cn === null) return state;
  const own = message.author === server.my_actor;
  return updateChannel(state, sid, message.channel, (channel) => {
    if (cn <= channel.last_cn) return channel;
    const base = { ...channel, last_cn: cn, last_message_at: message.ts };
    if (own) return { ...base, read_cn: cn, unread: 0, mentions: 0 };
    return {
      ...base,
      unread: channel.unread + 1,
      mentions: channel.mentions + (mentionsMe(server, message) ? 1 : 0),
    };
  });
}

/** What an event says of somebody who came or went. */
function noticeOf(event: GatewayEvent): Notice | null {
  return event.t === "member_join" || event.t === "member_leave" || event.t === "notice" ? event.notice : null;
}

/** The channel in whose history an event shows, if it does. */
export function eventChannel(event: GatewayEvent, server: Server | undefined): string | null {
  if (noticeOf(event)) return server?.notices ?? null;
  switch (event.t) {
    case "message":
    case "message_edit":
      return event.message.channel;
    case "message_delete":
    case "reaction":
      return event.channel;
    default:
      return null;
  }
}

/** What an event changes in the held history. Applying the same event twice equals once. */
export function applyToWindow(window: ChannelWindow, event: GatewayEvent, myActor: string | undefined): ChannelWindow {
  switch (event.t) {
    case "message":
      return insertMessage(window, event.message);
    case "message_edit":
      return editMessage(window, event.message);
    case "message_delete":
      return deleteMessage(window, event.id);
    case "reaction":
      return reactTo(window, event.id, {
        emoji: event.emoji,
        actor: event.actor,
        mine: event.actor === myActor,
        on: event.on,
      });
    case "member_join":
    case "member_leave":
    case "notice":
      return event.notice ? insertNotice(window, event.notice) : window;
    default:
      return window;
  }
}

/** Shows in the chosen channel that somebody came or went. */
function applyNotice(state: LiveState, sid: string, event: GatewayEvent): LiveState {
  const channel = noticeOf(event) ? state.servers[sid]?.notices : null;
  return channel ? updateWindow(state, channelKey(sid, channel), (w) => applyToWindow(w, event, undefined)) : state;
}

function applyEvent(state: LiveState, sid: string, event: GatewayEvent): LiveState {
  switch (event.t) {
    case "message": {
      const key = channelKey(sid, event.message.channel);
      let next = upsertUsers(state, [event.user], sid);
      next = countMessage(next, sid, event.message);
      next = putMessage(next, event.message);
      const typing = next.typing[key];
      if (typing?.some((p) => p.user.id === event.message.author)) {
        next = { ...next, typing: { ...next.typing, [key]: typing.filter((p) => p.user.id !== event.message.author) } };
      }
      return next;
    }
    case "message_edit":
    case "message_delete":
    case "reaction": {
      const channel = eventChannel(event, state.servers[sid]) ?? "";
      const next = event.t === "reaction" ? upsertUsers(state, [event.user], sid) : state;
      return updateWindow(next, channelKey(sid, channel), (w) => applyToWindow(w, event, state.servers[sid]?.my_actor));
    }
    case "server":
      return putServer(state, event.server);
    case "member_join":
      return bumpMembers(
        updateServer(upsertUsers(applyNotice(state, sid, event), [event.member.user], sid), sid, (s) => ({ ...s, member_count: s.member_count + 1 })),
        sid,
      );
    case "member_update":
      return bumpMembers(upsertUsers(state, [event.member.user], sid), sid);
    case "member_leave":
      return bumpMembers(
        updateServer(upsertUsers(applyNotice(state, sid, event), [event.user], sid), sid, (s) => ({
          ...s,
          member_count: Math.max(0, s.member_count - 1),
        })),
        sid,
      );
    case "purge": {
      const mine = event.actor === state.servers[sid]?.my_actor;
      const channels = state.servers[sid]?.channels ?? [];
      return channels.reduce(
        (next, channel) => updateWindow(next, channelKey(sid, channel.id), (w) => purge(w, event.actor, event.seq, mine)),
        state,
      );
    }
    case "notice":
      return upsertUsers(applyNotice(state, sid, event), [event.user], sid);
    default:
      // "nothing", and kinds that a newer server may send: the cursor moves, that is all.
      return state;
  }
}

function bumpMembers(state: LiveState, sid: string): LiveState {
  return { ...state, membersVersion: bumpAll(state.membersVersion, [sid]) };
}

function applySignal(state: LiveState, signal: GatewaySignal, now: number): LiveState {
  switch (signal.t) {
    case "typing": {
      if (signal.user.id === state.servers[signal.sid]?.my_actor || signal.user.id === state.me?.user.id) return state;
      const key = channelKey(signal.sid, signal.channel);
      const others = (state.typing[key] ?? []).filter((p) => p.user.id !== signal.user.id && p.until > now);
      const next = upsertUsers(state, [signal.user], signal.sid);
      return { ...next, typing: { ...next.typing, [key]: [...others, { user: signal.user, until: now + TYPING_MS }] } };
    }
    case "presence":
      if (state.presence[signal.user] === signal.status) return state;
      return { ...state, presence: { ...state.presence, [signal.user]: signal.status } };
    case "user":
      return Object.keys(state.servers).reduce((next, sid) => {
        const here = signal.here[sid];
        return dress(next, sid, here ? { ...signal.user, here } : signal.user);
      }, upsertUsers(state, [signal.user]));
    case "me":
      return upsertUsers({ ...state, me: signal.me }, [signal.me.user]);
    case "settings":
      return { ...state, settings: signal.settings as Record<string, unknown> };
    case "server_added":
    case "server":
      return putServer(state, signal.server);
    case "server_removed": {
      const server = state.servers[signal.sid];
      if (!server) return state;
      const next = withoutServer(state, signal.sid);
      if (signal.reason === "left") return next;
      return { ...next, removed: [...next.removed, { sid: signal.sid, name: server.name, reason: signal.reason }] };
    }
    case "hub":
      return updateServer(state, signal.sid, (server) => ({ ...server, hub: signal.hub }));
    case "reread":
      return staleServer(state, signal.sid);
    case "read":
      return updateChannel(state, signal.sid, signal.channel, (channel) => ({
        ...channel,
        read_cn: signal.read_cn,
        unread: signal.unread,
        mentions: signal.mentions,
      }));
    case "pending":
      return putMessage(state, signal.message);
    case "members_changed":
      return bumpMembers(state, signal.sid);
    default:
      return state;
  }
}

/** The state after one frame of the gateway. Pure. `now` in milliseconds since 1970. */
export function reduce(state: LiveState, frame: ServerFrame, now: number): LiveState {
  switch (frame.op) {
    case "ready":
      return applyReady(state, frame);
    case "event": {
      const cursor = state.cursors[frame.sid];
      if (cursor === undefined && !state.servers[frame.sid]) return state;
      if (cursor !== undefined && frame.seq <= cursor) return state;
      // A frame names the one it follows; numbers between are of channels that this person may not see.
      const lost = cursor !== undefined && frame.prev > cursor;
      const base = lost ? staleServer(state, frame.sid) : state;
      const next = applyEvent(base, frame.sid, frame.e);
      return { ...next, cursors: { ...next.cursors, [frame.sid]: frame.seq } };
    }
    case "signal":
      return applySignal(state, frame.s, now);
    default:
      return state;
  }
}

/** Drops typing signals that are over; returns the same state when there is none. */
export function pruneTyping(state: LiveState, now: number): LiveState {
  let touched = false;
  const typing: LiveState["typing"] = {};
  for (const [key, people] of Object.entries(state.typing)) {
    const left = people.filter((p) => p.until > now);
    if (left.length !== people.length) touched = true;
    if (left.length > 0) typing[key] = left;
  }
  return touched ? { ...state, typing } : state;
}
