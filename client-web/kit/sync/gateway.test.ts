import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem, type ServerFrame } from "@kit/api";
import { ready } from "@kit/testing/build";
import { backoff, Gateway, PROBE_MS, type Socket } from "./gateway";

class FakeSocket implements Socket {
  sent: { op: string; [key: string]: unknown }[] = [];
  closed = false;
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as { op: string });
  }
  close(): void {
    this.closed = true;
  }
  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

function harness(
  ticket: () => Promise<string> = () => Promise.resolve("t"),
  probe: () => Promise<boolean> = () => Promise.resolve(false),
) {
  const sockets: FakeSocket[] = [];
  const states: string[] = [];
  const frames: ServerFrame[] = [];
  let signedOut = 0;
  const gateway = new Gateway({
    ticket,
    probe,
    connect: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    cursors: () => ({ s_1: 7 }),
    epochs: () => ({ s_1: 1 }),
    onFrame: (frame) => frames.push(frame),
    onState: (state) => states.push(state),
    onSignedOut: () => (signedOut += 1),
    now: () => 0,
    random: () => 0,
  });
  return { gateway, sockets, states, frames, signedOut: () => signedOut };
}

describe("gateway", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

  async function connected() {
    const h = harness();
    h.gateway.start();
    await settle();
    h.sockets[0]!.onopen?.({});
    h.sockets[0]!.say({ op: "hello", heartbeat_ms: 5000 });
    h.sockets[0]!.say(ready());
    return h;
  }

  it("C1: identifies with ticket and cursors, then passes frames on", async () => {
    const h = await connected();
    expect(h.sockets[0]!.sent[0]).toEqual({ op: "identify", ticket: "t", cursors: { s_1: 7 }, epochs: { s_1: 1 } });
    expect(h.states).toEqual(["connecting", "online"]);
    expect(h.frames).toHaveLength(1);
  });

  it("C1: after a broken line it comes back by itself with a new ticket", async () => {
    const h = await connected();
    h.sockets[0]!.onclose?.({});
    expect(h.states.at(-1)).toBe("offline");
    await settle(600);
    expect(h.sockets).toHaveLength(2);
  });

  it("C1: a line that no longer answers the heartbeat is dropped", async () => {
    const h = await connected();
    await settle(5000 * 3 + 10);
    expect(h.sockets[0]!.closed).toBe(true);
    expect(h.states).toContain("offline");
  });

  it("answered beats keep the line", async () => {
    const h = await connected();
    for (let i = 0; i < 10; i += 1) {
      await settle(5000);
      h.sockets[0]!.say({ op: "pong", n: i });
    }
    expect(h.sockets).toHaveLength(1);
    expect(h.sockets[0]!.closed).toBe(false);
  });

  it("A2: stops when the session is over", async () => {
    const h = harness(() => Promise.reject(new ApiProblem({ status: 401, code: "not_signed_in" })));
    h.gateway.start();
    await settle(120_000);
    expect(h.signedOut()).toBe(1);
    expect(h.sockets).toHaveLength(0);

    let valid = true;
    const revoked = harness(() =>
      valid ? Promise.resolve("t") : Promise.reject(new ApiProblem({ status: 401, code: "not_signed_in" })),
    );
    revoked.gateway.start();
    await settle();
    valid = false;
    revoked.sockets[0]!.say({ op: "close", code: "signed_out", detail: "", retry: false });
    await settle(120_000);
    expect(revoked.signedOut()).toBe(1);
    expect(revoked.sockets).toHaveLength(1);
  });

  it("A2: a ticket that was too old does not sign anybody out", async () => {
    const h = await connected();
    h.sockets[0]!.say({ op: "close", code: "signed_out", detail: "", retry: false });
    await settle(600);
    expect(h.signedOut()).toBe(0);
    expect(h.sockets).toHaveLength(2);
  });

  it("tells again what is looked at after coming back", async () => {
    const h = await connected();
    h.gateway.watch("s_1", "c_train");
    h.sockets[0]!.onclose?.({});
    await settle(600);
    h.sockets[1]!.onopen?.({});
    h.sockets[1]!.say(ready());
    expect(h.sockets[1]!.sent.at(-1)).toEqual({ op: "watch", sid: "s_1", channel: "c_train" });
  });

  it("a line without a snapshot is given up after a while", async () => {
    const h = harness();
    h.gateway.start();
    await settle(16_000);
    expect(h.sockets.length).toBeGreaterThan(1);
    expect(h.sockets[0]!.closed).toBe(true);
  });

  it("late frames of an old line are not heard", async () => {
    const h = await connected();
    const old = h.sockets[0]!;
    const handler = old.onmessage;
    old.onclose?.({});
    handler?.({ data: JSON.stringify(ready()) });
    expect(h.frames).toHaveLength(1);
  });

  it("C1: an instance that was away for long is found soon after it is back", async () => {
    let up = false;
    const answer = <T>(value: T) => (): Promise<T> =>
      up ? Promise.resolve(value) : Promise.reject(new TypeError("network"));
    const h = harness(answer("t"), answer(true));
    h.gateway.start();
    await settle(200_000);
    expect(h.sockets).toHaveLength(0);
    up = true;
    await settle(PROBE_MS + 1);
    expect(h.sockets).toHaveLength(1);
  });

  it("an instance that answers but lets nobody in is not asked without end", async () => {
    let tries = 0;
    const h = harness(
      () => {
        tries += 1;
        return Promise.reject(new ApiProblem({ status: 503, code: "busy" }));
      },
      () => Promise.resolve(true),
    );
    h.gateway.start();
    await settle(120_000);
    expect(tries).toBeLessThan(16);
  });

  it("C1: waking opens at once, and the try that was planned does not come on top", async () => {
    const h = await connected();
    h.sockets[0]!.onclose?.({});
    h.gateway.wake();
    await settle();
    expect(h.sockets).toHaveLength(2);
    await settle(5000);
    expect(h.sockets).toHaveLength(2);
  });

  it("waits longer after each failure, never more than half a minute", () => {
    expect(backoff(0, 1)).toBe(500);
    expect(backoff(3, 1)).toBe(4000);
    expect(backoff(50, 1)).toBe(30_000);
    expect(backoff(0, 0)).toBe(250);
  });
});
