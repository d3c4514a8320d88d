import {
  isProblem,
  type Api,
  type Channel,
  type GatewayEvent,
  type Me,
  type Member,
  type Message,
  type Server,
  type ServerFrame,
} from "@kit/api";
import { createStore, type StoreApi } from "zustand/vanilla";
import { eraseKeep, openKeep, type Draft, type Keep } from "./database";
import { Gateway, type Socket } from "./gateway";
import { History } from "./history";
import { Outbox } from "./outbox";
import {
  applyToWindow,
  eventChannel,
  pruneTyping,
  putMessage,
  putServer,
  reduce,
  updateChannel,
  updateServer,
  updateWindow,
  upsertUsers,
} from "./reducer";
import type { Uploads } from "./uploads";
import { channelKey, emptyState, type LiveState, type OutboxAttachment, type OutboxItem } from "./state";

export interface SyncDeps {
  api: Api;
  connect(): Socket;
  now(): number;
  random(): number;
  /** A new unique id. */
  nonce(): string;
  onSignedOut(): void;
}

export interface NewMessage {
  sid: string;
  channel: string;
  body: string;
  replyTo: OutboxItem["replyTo"];
  ping: boolean;
  attachments: OutboxAttachment[];
}

/** Typing is told at most this often. */
const TYPING_EVERY_MS = 4000;
/** Read marks wait this long, so that scrolling through does not send one for each message. */
const READ_DELAY_MS = 400;
/** After this long out of sight a person counts as idle. */
const IDLE_MS = 5 * 60_000;

/** The live state of one signed-in person and everything that changes it. Knows no React. */
export class Sync {
  readonly store: StoreApi<LiveState> = createStore<LiveState>(() => emptyState());
  readonly history: History;
  private readonly deps: SyncDeps;
  private readonly gateway: Gateway;
  private outbox: Outbox | null = null;
  private files: Promise<Uploads> | null = null;
  private keep: Keep | null = null;
  private account: string | null = null;
  private drafts = new Map<string, Draft>();
  private watched: { sid: string; channel: string } | null = null;
  private lastTyping = new Map<string, number>();
  private readTimers = new Map<string, ReturnType<typeof setTimeout>>();
  private pruneTimer: ReturnType<typeof setInterval> | undefined;
  private idleTimer: ReturnType<typeof setTimeout> | undefined;
  private cleanups: (() => void)[] = [];

  constructor(deps: SyncDeps) {
    this.deps = deps;
    this.history = new History({
      api: deps.api,
      get: () => this.store.getState(),
      set: (change) => this.store.setState(change, true),
    });
    this.gateway = new Gateway({
      ticket: () => deps.api.gateway.ticket(),
      connect: () => deps.connect(),
      probe: () => deps.api.alive(),
      cursors: () => this.store.getState().cursors,
      epochs: () =>
        Object.fromEntries(Object.values(this.store.getState().servers).map((server) => [server.id, server.epoch])),
      onFrame: (frame) => this.receive(frame),
      onState: (connection) => {
        this.set((state) => (state.connection === connection ? state : { ...state, connection }));
        if (connection === "online") this.kick();
      },
      onSignedOut: () => deps.onSignedOut(),
      now: () => deps.now(),
      random: () => deps.random(),
    });
  }

  get state(): LiveState {
    return this.store.getState();
  }

  /** Starts for an account: drafts and outbox of this browser, then the gateway. */
  async start(me: Me): Promise<void> {
    this.set((state) => ({ ...state, me }));
    this.account = me.user.id;
    const keep = await openKeep(me.user.id);
    if (this.account !== me.user.id) {
      keep.close();
      return;
    }
    this.keep = keep;
    for (const draft of await keep.allDrafts().catch(() => [])) this.drafts.set(draft.key, draft);
    this.outbox = new Outbox({
      keep,
      send: (sid, channel, body) => this.deps.api.messages.send(sid, channel, body),
      onChange: (key, items) => this.set((state) => ({ ...state, outbox: { ...state.outbox, [key]: items } })),
      onTaken: (message) => this.taken(message),
      random: () => this.deps.random(),
    });
    await this.outbox.restore();
    this.listen();
    this.gateway.start();
    // What was on its way before a reload goes on.
    void this.uploads().catch(() => undefined);
  }

  /** Stops everything and forgets the state; `erase` also what this browser kept. */
  async stop(erase: boolean): Promise<void> {
    const account = this.account;
    this.account = null;
    this.gateway.stop();
    this.outbox?.stop();
    this.outbox = null;
    const files = this.files;
    this.files = null;
    const ended = files?.then(
      (uploads) => uploads.stop(),
      () => undefined,
    );
    this.keep?.close();
    this.keep = null;
    this.drafts.clear();
    for (const cleanup of this.cleanups) cleanup();
    this.cleanups = [];
    for (const timer of this.readTimers.values()) clearTimeout(timer);
    clearInterval(this.pruneTimer);
    clearTimeout(this.idleTimer);
    this.store.setState(emptyState(), true);
    await ended;
    if (erase && account) await eraseKeep(account);
  }

  // ---- what is open

  /** The person looks at a channel: load it, and hear typing there. Returns what undoes it. */
  openChannel(sid: string, channel: string, at?: string): () => void {
    this.watched = { sid, channel };
    this.gateway.watch(sid, channel);
    if (at === undefined) void this.history.open(sid, channel);
    void this.loadWaiting(sid);
    return () => {
      if (this.watched?.sid === sid && this.watched.channel === channel) {
        this.watched = null;
        this.gateway.watch(null, null);
      }
      this.history.leave(sid, channel);
    };
  }

  private async loadWaiting(sid: string): Promise<void> {
    try {
      const pending = await this.deps.api.messages.pending(sid);
      this.set((state) => {
        const waiting = Object.fromEntries(Object.entries(state.waiting).filter(([key]) => !key.startsWith(`${sid}/`)));
        return pending.reduce((all, m) => putMessage(all, m), { ...state, waiting });
      });
    } catch (error) {
      // The list comes with the next opening; each change is also signalled.
      if (!isProblem(error)) throw error;
    }
  }

  // ---- writing

  async send(message: NewMessage): Promise<void> {
    await this.outbox?.add({
      ...message,
      nonce: this.deps.nonce(),
      createdAt: this.deps.now(),
      state: "queued",
      error: null,
    });
    this.lastTyping.delete(channelKey(message.sid, message.channel));
  }

  retry(nonce: string): void {
    this.outbox?.retry(nonce);
  }

  discard(nonce: string): void {
    this.outbox?.drop(nonce);
  }

  async retryWaiting(message: Message): Promise<void> {
    const again = await this.deps.api.messages.retryPending(message.sid, message.id);
    this.set((state) => putMessage(state, again));
  }

  async discardWaiting(message: Message): Promise<void> {
    await this.deps.api.messages.dropPending(message.sid, message.id);
    const key = channelKey(message.sid, message.channel);
    this.set((state) => ({
      ...state,
      waiting: { ...state.waiting, [key]: (state.waiting[key] ?? []).filter((m) => m.id !== message.id) },
    }));
  }

  async edit(message: Message, body: string): Promise<void> {
    const edited = await this.deps.api.messages.edit(message.sid, message.channel, message.id, body);
    if (edited.cn !== null) this.applyLocal(message.sid, { t: "message_edit", message: edited });
  }

  async remove(message: Message): Promise<void> {
    await this.deps.api.messages.remove(message.sid, message.channel, message.id);
    // While the community's host is away the deletion waits there; the event shows it.
    if (this.state.servers[message.sid]?.hub.reachable !== false) {
      const by = this.state.servers[message.sid]?.my_actor ?? "";
      this.applyLocal(message.sid, { t: "message_delete", channel: message.channel, id: message.id, by });
    }
  }

  /** Shows the reaction at once; takes it back when the instance refuses. */
  async react(message: Message, emoji: string, on: boolean): Promise<void> {
    const actor = this.state.servers[message.sid]?.my_actor;
    const user = this.state.me?.user;
    if (!actor || !user) return;
    const event = (to: boolean): GatewayEvent => ({
      t: "reaction",
      channel: message.channel,
      id: message.id,
      emoji,
      actor,
      user,
      on: to,
    });
    this.applyLocal(message.sid, event(on));
    try {
      await this.deps.api.messages.react(message.sid, message.channel, message.id, emoji, on);
    } catch (error) {
      this.applyLocal(message.sid, event(!on));
      throw error;
    }
  }

  /** Tells that the person writes; call it for every key. */
  typing(sid: string, channel: string): void {
    const key = channelKey(sid, channel);
    const now = this.deps.now();
    if (now - (this.lastTyping.get(key) ?? 0) < TYPING_EVERY_MS) return;
    this.lastTyping.set(key, now);
    this.deps.api.messages.typing(sid, channel).catch(() => undefined);
  }

  /** The files of messages that are being written; what does it is loaded with the first call. */
  uploads(): Promise<Uploads> {
    const account = this.account;
    if (account === null) return Promise.reject(new Error("nobody is signed in"));
    const files = (this.files ??= import("./uploads").then((module) =>
      module.openUploads(account, {
        cancel: (upload) => this.deps.api.uploads.remove(upload),
        onChange: (key, items) => this.set((state) => ({ ...state, files: { ...state.files, [key]: items } })),
        now: () => this.deps.now(),
        random: () => this.deps.random(),
        nonce: () => this.deps.nonce(),
      }),
    ));
    // Without a connection it cannot be loaded: the next call tries again.
    files.catch(() => {
      if (this.files === files) this.files = null;
    });
    return files;
  }

  draft(sid: string, channel: string): Draft | undefined {
    return this.drafts.get(channelKey(sid, channel));
  }

  saveDraft(sid: string, channel: string, body: string, replyTo: OutboxItem["replyTo"]): void {
    const key = channelKey(sid, channel);
    if (body === "" && replyTo === null) {
      if (this.drafts.delete(key)) void this.keep?.dropDraft(key).catch(() => undefined);
      return;
    }
    const draft: Draft = { key, body, replyTo, changedAt: this.deps.now() };
    this.drafts.set(key, draft);
    void this.keep?.putDraft(draft).catch(() => undefined);
  }

  // ---- reading

  /** Everything up to the newest message of the channel has been seen. */
  markRead(sid: string, channel: string): void {
    const known = this.state.servers[sid]?.channels.find((c) => c.id === channel);
    if (!known || (known.unread === 0 && known.mentions === 0 && known.read_cn >= known.last_cn)) return;
    const key = channelKey(sid, channel);
    const cn = known.last_cn;
    this.set((state) => updateChannel(state, sid, channel, (c) => ({ ...c, read_cn: cn, unread: 0, mentions: 0 })));
    clearTimeout(this.readTimers.get(key));
    this.readTimers.set(
      key,
      setTimeout(() => {
        this.readTimers.delete(key);
        this.deps.api.messages.markRead(sid, channel, cn).catch(() => undefined);
      }, READ_DELAY_MS),
    );
  }

  async markUnread(message: Message): Promise<void> {
    if (message.cn === null) return;
    const key = channelKey(message.sid, message.channel);
    clearTimeout(this.readTimers.get(key));
    await this.deps.api.messages.markUnread(message.sid, message.channel, message.cn);
  }

  async markServerRead(sid: string): Promise<void> {
    this.set((state) =>
      updateServer(state, sid, (server) => ({
        ...server,
        channels: server.channels.map((c) => ({ ...c, read_cn: c.last_cn, unread: 0, mentions: 0 })),
      })),
    );
    await this.deps.api.servers.markRead(sid);
  }

  // ---- the rest

  /** Shows a community at once after creating or joining it; the gateway confirms. */
  addServer(server: Server): void {
    this.set((state) => putServer(state, server));
  }

  /** Shows a channel at once after creating it; the gateway confirms. */
  addChannel(sid: string, channel: Channel): void {
    this.set((state) =>
      updateServer(state, sid, (server) =>
        server.channels.some((known) => known.id === channel.id) ? server : { ...server, channels: [...server.channels, channel] },
      ),
    );
  }

  /** Takes a community away at once after leaving or deleting it; the gateway confirms. */
  forgetServer(sid: string): void {
    this.set((state) => reduce(state, { op: "signal", s: { t: "server_removed", sid, reason: "left" } }, this.deps.now()));
  }

  async setServerOrder(order: string[]): Promise<void> {
    const before = this.state.order;
    this.set((state) => ({ ...state, order }));
    try {
      await this.deps.api.me.setServerOrder(order);
    } catch (error) {
      this.set((state) => ({ ...state, order: before }));
      throw error;
    }
  }

  async saveSettings(patch: Record<string, unknown>): Promise<void> {
    const settings = { ...this.state.settings, ...patch };
    this.set((state) => ({ ...state, settings }));
    await this.deps.api.me.saveSettings(settings);
  }

  /** Takes the people of a fetched list, so that names and presence are known everywhere. */
  learnMembers(sid: string, members: readonly Member[]): void {
    this.set((state) => {
      const next = upsertUsers(
        state,
        members.map((m) => m.user),
        sid,
      );
      const presence = { ...next.presence };
      for (const member of members) presence[member.user.id] = member.presence;
      return { ...next, presence };
    });
  }

  setMe(me: Me): void {
    this.set((state) => reduce(state, { op: "signal", s: { t: "me", me } }, this.deps.now()));
  }

  dismissRemoved(sid: string): void {
    this.set((state) => ({ ...state, removed: state.removed.filter((r) => r.sid !== sid) }));
  }

  // ---- inside

  /** The connection is back: what waits for it goes on. */
  private kick(): void {
    this.outbox?.kick();
    void this.files?.then(
      (uploads) => uploads.kick(),
      () => undefined,
    );
  }

  private set(change: (state: LiveState) => LiveState): void {
    this.store.setState(change, true);
  }

  private receive(frame: ServerFrame): void {
    if (frame.op === "event") {
      const channel = eventChannel(frame.e, this.state.servers[frame.sid]);
      if (channel !== null) this.history.note(frame.sid, channel, frame.e);
      if (frame.e.t === "message" && frame.e.message.nonce !== null) this.outbox?.drop(frame.e.message.nonce);
    }
    if (frame.op === "signal" && frame.s.t === "pending" && frame.s.message.nonce !== null) {
      this.outbox?.drop(frame.s.message.nonce);
    }
    this.set((state) => reduce(state, frame, this.deps.now()));
    this.freshen();
    if (frame.op === "ready" && this.watched) void this.loadWaiting(this.watched.sid);
  }

  /** Fetches again what is being looked at when something of it may have been missed. */
  private freshen(): void {
    const open = this.watched;
    if (!open) return;
    const window = this.state.windows[channelKey(open.sid, open.channel)];
    if (window?.stale && window.loading === null) void this.history.refresh(open.sid, open.channel);
  }

  private taken(message: Message): void {
    if (message.state === "sent") {
      const user = this.state.users[message.author] ?? this.state.me?.user;
      if (user) this.history.note(message.sid, message.channel, { t: "message", message, user });
    }
    this.set((state) => {
      const next = putMessage(state, message);
      if (message.cn === null) return next;
      const cn = message.cn;
      return updateChannel(next, message.sid, message.channel, (c) =>
        cn > c.last_cn ? { ...c, last_cn: cn, read_cn: cn, unread: 0, mentions: 0, last_message_at: message.ts } : c,
      );
    });
  }

  private applyLocal(sid: string, event: GatewayEvent): void {
    const channel = eventChannel(event, this.state.servers[sid]);
    if (channel === null) return;
    this.history.note(sid, channel, event);
    this.set((state) =>
      updateWindow(state, channelKey(sid, channel), (w) => applyToWindow(w, event, state.servers[sid]?.my_actor)),
    );
  }

  private listen(): void {
    const on = (
      target: Pick<EventTarget, "addEventListener" | "removeEventListener">,
      type: string,
      run: () => void,
    ) => {
      target.addEventListener(type, run);
      this.cleanups.push(() => target.removeEventListener(type, run));
    };
    on(globalThis, "online", () => {
      this.gateway.wake();
      this.kick();
    });
    on(globalThis, "offline", () => this.gateway.lost());
    on(document, "visibilitychange", () => {
      clearTimeout(this.idleTimer);
      if (document.visibilityState === "visible") {
        this.gateway.setPresence("online");
        this.gateway.wake();
      } else {
        this.idleTimer = setTimeout(() => this.gateway.setPresence("idle"), IDLE_MS);
      }
    });
    this.pruneTimer = setInterval(() => this.set((state) => pruneTyping(state, this.deps.now())), 1000);
  }
}

export function createSync(deps: SyncDeps): Sync {
  return new Sync(deps);
}
