import { isProblem, type ApiProblem, type Message, type SendMessage } from "@kit/api";
import type { Keep } from "./database";
import { backoff } from "./gateway";
import { channelKey, type OutboxItem } from "./state";

export interface OutboxDeps {
  keep: Keep;
  send(sid: string, channel: string, body: SendMessage): Promise<Message>;
  /** The items of a channel changed. */
  onChange(key: string, items: OutboxItem[]): void;
  /** The home instance has taken a message. */
  onTaken(message: Message): void;
  random(): number;
}

/**
 * Messages on their way from this browser to the home instance. One at a time per channel, in the order of writing;
 * the nonce makes a second try of the same message harmless, so an unknown outcome is simply tried again.
 */
export class Outbox {
  private readonly deps: OutboxDeps;
  private readonly lines = new Map<string, OutboxItem[]>();
  private readonly busy = new Set<string>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly tries = new Map<string, number>();
  private stopped = false;

  constructor(deps: OutboxDeps) {
    this.deps = deps;
  }

  /** Takes up what was left from before a reload. */
  async restore(): Promise<void> {
    for (const item of await this.deps.keep.allOutbox()) {
      const key = channelKey(item.sid, item.channel);
      const line = this.lines.get(key) ?? [];
      if (line.some((i) => i.nonce === item.nonce)) continue;
      this.lines.set(key, [...line, item.state === "sending" ? { ...item, state: "queued" } : item]);
    }
    for (const key of this.lines.keys()) this.changed(key);
    this.kick();
  }

  async add(item: OutboxItem): Promise<void> {
    const key = channelKey(item.sid, item.channel);
    this.lines.set(key, [...(this.lines.get(key) ?? []), item]);
    this.changed(key);
    // On disk before on the wire, so that a reload in between loses nothing.
    await this.deps.keep.putOutbox(item).catch(() => undefined);
    void this.run(key);
  }

  /** Tries everything that waits, now: the network is back. */
  kick(): void {
    for (const key of this.lines.keys()) {
      this.tries.delete(key);
      clearTimeout(this.timers.get(key));
      void this.run(key);
    }
  }

  /** The person wants a refused message to be tried again. */
  retry(nonce: string): void {
    const found = this.find(nonce);
    if (!found) return;
    this.update(found.key, { ...found.item, state: "queued", error: null });
    void this.run(found.key);
  }

  /** Takes a message out: deleted by the person, or known to be delivered. */
  drop(nonce: string): void {
    const found = this.find(nonce);
    if (!found) return;
    this.remove(found.key, nonce);
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private find(nonce: string): { key: string; item: OutboxItem } | null {
    for (const [key, line] of this.lines) {
      const item = line.find((i) => i.nonce === nonce);
      if (item) return { key, item };
    }
    return null;
  }

  private async run(key: string): Promise<void> {
    if (this.busy.has(key) || this.stopped) return;
    this.busy.add(key);
    try {
      for (;;) {
        const item = this.lines.get(key)?.find((i) => i.state === "queued");
        if (!item || this.stopped) return;
        this.update(key, { ...item, state: "sending" });
        const outcome = await this.attempt(item);
        if (this.stopped) return;
        if (outcome === null) {
          this.tries.delete(key);
          continue;
        }
        if (!this.find(item.nonce)) continue;
        if (outcome.temporary || outcome.status === 401) {
          this.update(key, { ...item, state: "queued" });
          this.later(key, outcome.retryAfterMs);
          return;
        }
        this.update(key, { ...item, state: "failed", error: { code: outcome.code, detail: outcome.detail } });
      }
    } finally {
      this.busy.delete(key);
    }
  }

  private async attempt(item: OutboxItem): Promise<ApiProblem | null> {
    const body: SendMessage = { nonce: item.nonce, body: item.body };
    if (item.replyTo) {
      body.reply_to = item.replyTo.id;
      body.ping = item.ping;
    }
    if (item.attachments.length > 0) {
      body.attachments = item.attachments.map((a) => ({ upload: a.upload, alt: a.alt, spoiler: a.spoiler }));
    }
    try {
      const message = await this.deps.send(item.sid, item.channel, body);
      this.remove(channelKey(item.sid, item.channel), item.nonce, true);
      this.deps.onTaken(message.nonce === null ? { ...message, nonce: item.nonce } : message);
      return null;
    } catch (error) {
      if (isProblem(error)) return error;
      throw error;
    }
  }

  private later(key: string, afterMs: number | null): void {
    const tries = this.tries.get(key) ?? 0;
    this.tries.set(key, tries + 1);
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => void this.run(key), Math.max(afterMs ?? 0, backoff(tries, this.deps.random()))),
    );
  }

  private update(key: string, item: OutboxItem): void {
    const line = this.lines.get(key);
    if (!line?.some((i) => i.nonce === item.nonce)) return;
    this.lines.set(
      key,
      line.map((i) => (i.nonce === item.nonce ? item : i)),
    );
    void this.deps.keep.putOutbox(item).catch(() => undefined);
    this.changed(key);
  }

  /** `quietly`: the delivered message takes its place in the same step, so that nothing flickers. */
  private remove(key: string, nonce: string, quietly = false): void {
    const line = this.lines.get(key) ?? [];
    this.lines.set(
      key,
      line.filter((i) => i.nonce !== nonce),
    );
    void this.deps.keep.dropOutbox(nonce).catch(() => undefined);
    if (!quietly) this.changed(key);
  }

  private changed(key: string): void {
    this.deps.onChange(key, this.lines.get(key) ?? []);
  }
}
