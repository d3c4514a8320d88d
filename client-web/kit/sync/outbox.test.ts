import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem, type Message, type SendMessage } from "@kit/api";
import { message } from "@kit/testing/build";
import { MemoryKeep, openKeep, eraseKeep } from "./database";
import { Outbox } from "./outbox";
import type { OutboxItem } from "./state";

const item = (nonce: string, part: Partial<OutboxItem> = {}): OutboxItem => ({
  nonce,
  sid: "s_1",
  channel: "c_train",
  body: nonce,
  replyTo: null,
  ping: true,
  attachments: [],
  createdAt: Number(nonce.replace(/\D/g, "")),
  state: "queued",
  error: null,
  ...part,
});

type Answer = (body: SendMessage) => Promise<Message>;

function harness(answer: Answer, keep = new MemoryKeep()) {
  const sent: string[] = [];
  const taken: Message[] = [];
  let items: OutboxItem[] = [];
  const outbox = new Outbox({
    keep,
    send: (_sid, _channel, body) => {
      sent.push(body.nonce);
      return answer(body);
    },
    onChange: (_key, list) => (items = list),
    onTaken: (m) => {
      taken.push(m);
      items = items.filter((i) => i.nonce !== m.nonce);
    },
    random: () => 0,
  });
  return { outbox, keep, sent, taken, items: () => items };
}

const accept: Answer = (body) => Promise.resolve(message(1, { nonce: body.nonce }));
const offline = (): Promise<Message> => Promise.reject(new ApiProblem({ status: 0, code: "offline" }));

describe("outbox", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());
  const settle = () => vi.advanceTimersByTimeAsync(0);

  it("C1: sends one after the other, in the order of writing", async () => {
    const open: (() => void)[] = [];
    const h = harness((body) => new Promise((resolve) => open.push(() => resolve(message(1, { nonce: body.nonce })))));
    void h.outbox.add(item("n1"));
    void h.outbox.add(item("n2"));
    await settle();
    expect(h.sent).toEqual(["n1"]);
    open[0]!();
    await settle();
    expect(h.sent).toEqual(["n1", "n2"]);
  });

  it("C1: channels do not wait for each other", async () => {
    const h = harness(() => new Promise(() => undefined));
    void h.outbox.add(item("n1"));
    void h.outbox.add(item("n2", { channel: "c_other" }));
    await settle();
    expect(h.sent).toEqual(["n1", "n2"]);
  });

  it("C1: without a network it waits and tries the same nonce again, once it is back", async () => {
    let up = false;
    const h = harness((body) => (up ? accept(body) : offline()));
    await h.outbox.add(item("n1"));
    await settle();
    expect(h.items()[0]?.state).toBe("queued");
    up = true;
    h.outbox.kick();
    await settle();
    expect(h.sent).toEqual(["n1", "n1"]);
    expect(h.taken).toHaveLength(1);
    expect(await h.keep.allOutbox()).toEqual([]);
  });

  it("C1: tries by itself after a while, and later messages keep their place behind", async () => {
    let up = false;
    const h = harness((body) => (up ? accept(body) : offline()));
    await h.outbox.add(item("n1"));
    await h.outbox.add(item("n2"));
    await settle();
    up = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(h.sent.slice(-2)).toEqual(["n1", "n2"]);
    expect(h.taken.map((m) => m.nonce)).toEqual(["n1", "n2"]);
  });

  it("C1: a refused message stays as failed, does not hold up the next, and can be tried again", async () => {
    let refuse = true;
    const h = harness((body) =>
      refuse && body.nonce === "n1"
        ? Promise.reject(new ApiProblem({ status: 403, code: "forbidden", detail: "You may not write here." }))
        : accept(body),
    );
    await h.outbox.add(item("n1"));
    await h.outbox.add(item("n2"));
    await settle();
    expect(h.taken.map((m) => m.nonce)).toEqual(["n2"]);
    expect(h.items()).toMatchObject([{ nonce: "n1", state: "failed", error: { code: "forbidden" } }]);
    refuse = false;
    h.outbox.retry("n1");
    await settle();
    expect(h.taken.map((m) => m.nonce)).toEqual(["n2", "n1"]);
  });

  it("C1: a deleted waiting message is never sent again", async () => {
    const h = harness(offline);
    await h.outbox.add(item("n1"));
    await settle();
    h.outbox.drop("n1");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(h.sent).toEqual(["n1"]);
    expect(await h.keep.allOutbox()).toEqual([]);
  });

  it("C1: a rate limit is waited out for as long as the server says", async () => {
    let first = true;
    const h = harness((body) => {
      if (!first) return accept(body);
      first = false;
      return Promise.reject(new ApiProblem({ status: 429, code: "rate", retry_after_ms: 9000 }));
    });
    await h.outbox.add(item("n1"));
    await vi.advanceTimersByTimeAsync(8900);
    expect(h.sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(h.taken).toHaveLength(1);
  });

  it("C1: what was waiting before a reload is sent after it, with the same nonce", async () => {
    const keep = new MemoryKeep();
    const before = harness(() => new Promise(() => undefined), keep);
    void before.outbox.add(item("n2"));
    void before.outbox.add(item("n1"));
    await settle();
    before.outbox.stop();
    const after = harness(accept, keep);
    await after.outbox.restore();
    await settle();
    expect(after.sent).toEqual(["n1", "n2"]);
  });
});

describe("storage", () => {
  it("C14: keeps outbox and drafts in the browser, apart by account, and forgets them on request", async () => {
    const keep = await openKeep("u_ada");
    await keep.putOutbox(item("n1"));
    await keep.putDraft({ key: "s/c", body: "half a thou", replyTo: null, changedAt: 1 });
    keep.close();
    const again = await openKeep("u_ada");
    expect((await again.allOutbox()).map((i) => i.nonce)).toEqual(["n1"]);
    expect((await again.allDrafts())[0]?.body).toBe("half a thou");
    again.close();
    const other = await openKeep("u_tom");
    expect(await other.allOutbox()).toEqual([]);
    other.close();
    await eraseKeep("u_ada");
    const empty = await openKeep("u_ada");
    expect(await empty.allDrafts()).toEqual([]);
    empty.close();
  });
});
