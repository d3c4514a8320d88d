import { isProblem, type Api, type ApiProblem, type GatewayEvent, type HistoryQuery } from "@kit/api";
import { applyToWindow, dropKeys, updateWindow, upsertUsers } from "./reducer";
import { channelKey, type ChannelWindow, type LiveState } from "./state";
import { applyPage, emptyWindow, trimWindow } from "./window";

export const PAGE = 50;
/** Messages kept of a channel after leaving it. */
const KEEP_PER_CHANNEL = 200;
/** Channels whose history stays in memory. */
const KEEP_CHANNELS = 24;

export interface HistoryDeps {
  api: Pick<Api, "messages">;
  get(): LiveState;
  set(change: (state: LiveState) => LiveState): void;
}

type Where = "replace" | "before" | "after" | "refresh";

/**
 * Fetches history into windows. Events that arrive while a page is on its way are applied once more on top of it:
 * the page may be older than they are.
 */
export class History {
  private readonly deps: HistoryDeps;
  private readonly journals = new Map<string, GatewayEvent[]>();
  private readonly loads = new Map<string, number>();
  private counter = 0;
  private recent: string[] = [];

  constructor(deps: HistoryDeps) {
    this.deps = deps;
  }

  /** Notes an event for a channel whose page is being fetched. */
  note(sid: string, channel: string, event: GatewayEvent): void {
    this.journals.get(channelKey(sid, channel))?.push(event);
  }

  /** Makes sure that something of the channel is there, and that it is fresh. */
  async open(sid: string, channel: string): Promise<void> {
    const key = channelKey(sid, channel);
    this.touch(key);
    const window = this.deps.get().windows[key];
    if (!window || (window.messages.length === 0 && window.loading === null && window.error !== null)) {
      await this.load(sid, channel, {}, "replace", "initial");
    } else if (window.stale && window.loading === null) {
      await this.refresh(sid, channel);
    }
  }

  /** Fetches the newest page again, keeping what is shown until it is there. */
  refresh(sid: string, channel: string): Promise<void> {
    return this.load(sid, channel, {}, "refresh", null);
  }

  /** Shows the newest page instead of an older stretch. */
  present(sid: string, channel: string): Promise<void> {
    return this.load(sid, channel, {}, "replace", "initial");
  }

  /** Shows the stretch around a message. Resolves to whether it exists. */
  async around(sid: string, channel: string, id: string): Promise<boolean> {
    const key = channelKey(sid, channel);
    const has = (): boolean => this.deps.get().windows[key]?.messages.some((m) => m.id === id) ?? false;
    if (has()) return true;
    await this.load(sid, channel, { around: id }, "replace", "initial");
    return has();
  }

  /** Shows what follows a channel number: the first unread messages. */
  from(sid: string, channel: string, cn: number): Promise<void> {
    return this.load(sid, channel, { after: cn }, "replace", "initial");
  }

  at(sid: string, channel: string, time: number): Promise<void> {
    return this.load(sid, channel, { at: time }, "replace", "initial");
  }

  async before(sid: string, channel: string): Promise<void> {
    const window = this.window(sid, channel);
    const first = window?.messages[0]?.cn;
    if (!window?.hasBefore || window.loading || first === undefined || first === null) return;
    await this.load(sid, channel, { before: first }, "before", "before");
  }

  async after(sid: string, channel: string): Promise<void> {
    const window = this.window(sid, channel);
    const last = window?.messages.at(-1)?.cn;
    if (!window?.hasAfter || window.loading || last === undefined || last === null) return;
    await this.load(sid, channel, { after: last }, "after", "after");
  }

  /** The channel is no longer looked at: keep little of it. */
  leave(sid: string, channel: string): void {
    const key = channelKey(sid, channel);
    const gone = this.recent.slice(0, Math.max(0, this.recent.length - KEEP_CHANNELS));
    this.recent = this.recent.slice(gone.length);
    this.deps.set((state) => {
      const next = updateWindow(state, key, (w) => trimWindow(w, KEEP_PER_CHANNEL));
      const left = next.windows[key];
      // A stretch of the past is not what a person expects on coming back.
      const past = left !== undefined && (left.hasAfter || left.error !== null);
      return { ...next, windows: dropKeys(next.windows, (k) => gone.includes(k) || (past && k === key)) };
    });
  }

  private window(sid: string, channel: string): ChannelWindow | undefined {
    return this.deps.get().windows[channelKey(sid, channel)];
  }

  private touch(key: string): void {
    this.recent = [...this.recent.filter((k) => k !== key), key];
  }

  private change(key: string, change: (window: ChannelWindow) => ChannelWindow): void {
    this.deps.set((state) => {
      const known = state.windows[key] ? state : { ...state, windows: { ...state.windows, [key]: emptyWindow() } };
      return updateWindow(known, key, change);
    });
  }

  private async load(
    sid: string,
    channel: string,
    query: HistoryQuery,
    where: Where,
    loading: ChannelWindow["loading"],
  ): Promise<void> {
    const key = channelKey(sid, channel);
    const turn = ++this.counter;
    this.loads.set(key, turn);
    const journal: GatewayEvent[] = [];
    this.journals.set(key, journal);
    this.change(key, (w) => ({ ...w, loading, error: null, stale: false }));
    try {
      const page = await this.deps.api.messages.page(sid, channel, { ...query, limit: PAGE });
      if (this.loads.get(key) !== turn) return;
      const myActor = this.deps.get().servers[sid]?.my_actor;
      this.deps.set((state) => upsertUsers(state, page.users, sid));
      this.change(key, (w) => journal.reduce((all, e) => applyToWindow(all, e, myActor), applyPage(w, page, where)));
    } catch (error) {
      if (this.loads.get(key) !== turn) return;
      if (!isProblem(error)) throw error;
      this.change(key, (w) => ({ ...w, loading: null, error: error as ApiProblem, stale: where === "refresh" }));
    } finally {
      if (this.loads.get(key) === turn) {
        this.loads.delete(key);
        this.journals.delete(key);
      }
    }
  }
}
