import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api, ApiProblem, type Message, type MessagePage } from "@kit/api";
import { channel, event, me, message, messageEvent, ready, server } from "@kit/testing/build";
import type { Socket } from "./gateway";
import { Sync } from "./sync";

const KEY = "s_1/c_train";

class Line implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  sent: string[] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.onclose = null;
  }
  say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const page = (messages: Message[], part: Partial<MessagePage> = {}): MessagePage => ({
  messages,
  users: [],
  notices: [],
  has_before: false,
  has_after: false,
  ...part,
});

describe("the whole of it", () => {
  let lines: Line[];
  let sync: Sync;
  let nonces: number;
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  const held = (): string[] => sync.state.windows[KEY]?.messages.map((m) => m.id) ?? [];

  beforeEach(async () => {
    lines = [];
    nonces = 0;
    vi.spyOn(api.gateway, "ticket").mockResolvedValue("t");
    vi.spyOn(api.messages, "pending").mockResolvedValue([]);
    sync = new Sync({
      api,
      connect: () => {
        const line = new Line();
        lines.push(line);
        return line;
      },
      now: () => 1000,
      random: () => 0,
      nonce: () => `n${++nonces}`,
      onSignedOut: () => undefined,
    });
    await sync.start(me());
    await settle();
    lines[0]?.onopen?.({});
    lines[0]?.say(ready({ servers: [server("s_1", { seq: 10, channels: [channel("c_train", { last_cn: 10 })] })] }));
  });
  afterEach(() => sync.stop(true));

  it("C1: what happens while a page is on its way is not lost, though the page is older", async () => {
    let answer: (p: MessagePage) => void = () => undefined;
    vi.spyOn(api.messages, "page").mockReturnValue(new Promise((resolve) => (answer = resolve)));
    sync.openChannel("s_1", "c_train");
    lines[0]?.say(messageEvent(11));
    lines[0]?.say(event(12, { t: "message_delete", channel: "c_train", id: "m9", by: "u_mira" }));
    lines[0]?.say(event(13, { t: "message_edit", message: message(10, { body: "better", edited_at: 2 }) }));
    answer(page([message(9), message(10)]));
    await settle();
    expect(held()).toEqual(["m9", "m10", "m11"]);
    expect(sync.state.windows[KEY]?.messages[0]?.deleted).toBe(true);
    expect(sync.state.windows[KEY]?.messages[1]?.body).toBe("better");
  });

  it("C1: sends, takes the answer as the message, and the event does not double it", async () => {
    vi.spyOn(api.messages, "page").mockResolvedValue(page([message(10)]));
    const send = vi
      .spyOn(api.messages, "send")
      .mockImplementation((_sid, _cid, body) =>
        Promise.resolve(message(11, { id: "mine", author: "u_ada", nonce: body.nonce, body: body.body })),
      );
    sync.openChannel("s_1", "c_train");
    await settle();
    await sync.send({ sid: "s_1", channel: "c_train", body: "hi", replyTo: null, ping: true, attachments: [] });
    await settle();
    expect(held()).toEqual(["m10", "mine"]);
    expect(sync.state.outbox[KEY]).toEqual([]);
    lines[0]?.say(messageEvent(11, { id: "mine", author: "u_ada", nonce: "n1" }));
    expect(held()).toEqual(["m10", "mine"]);
    expect(send).toHaveBeenCalledTimes(1);
  });

  it("C1: when the answer is lost but the event comes, nothing is sent again", async () => {
    vi.spyOn(api.messages, "page").mockResolvedValue(page([]));
    const send = vi.spyOn(api.messages, "send").mockRejectedValue(new ApiProblem({ status: 0, code: "offline" }));
    sync.openChannel("s_1", "c_train");
    await settle();
    await sync.send({ sid: "s_1", channel: "c_train", body: "hi", replyTo: null, ping: true, attachments: [] });
    await settle();
    lines[0]?.say(messageEvent(11, { id: "mine", author: "u_ada", nonce: "n1" }));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(send).toHaveBeenCalledTimes(1);
    expect(held()).toEqual(["mine"]);
    expect(sync.state.outbox[KEY]).toEqual([]);
  });

  it("J4: after a hole in the numbers the open channel is fetched again, quietly", async () => {
    const fetched = vi.spyOn(api.messages, "page").mockResolvedValueOnce(page([message(10)]));
    sync.openChannel("s_1", "c_train");
    await settle();
    fetched.mockResolvedValueOnce(page([message(10), message(11), message(12), message(13)]));
    lines[0]?.say(messageEvent(13));
    expect(held()).toEqual(["m10", "m13"]);
    await settle();
    expect(held()).toEqual(["m10", "m11", "m12", "m13"]);
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  it("C6: a reaction shows at once and is taken back when it is refused", async () => {
    vi.spyOn(api.messages, "page").mockResolvedValue(page([message(10)]));
    let refuse: (e: Error) => void = () => undefined;
    vi.spyOn(api.messages, "react").mockReturnValue(new Promise((_, reject) => (refuse = reject)));
    sync.openChannel("s_1", "c_train");
    await settle();
    const done = sync.react(message(10), "🔦", true);
    expect(sync.state.windows[KEY]?.messages[0]?.reactions).toMatchObject([{ emoji: "🔦", me: true, count: 1 }]);
    refuse(new ApiProblem({ status: 403, code: "forbidden" }));
    await expect(done).rejects.toThrow();
    expect(sync.state.windows[KEY]?.messages[0]?.reactions).toEqual([]);
  });

  it("C13: a page that cannot be fetched says so and can be tried again", async () => {
    const fetched = vi
      .spyOn(api.messages, "page")
      .mockRejectedValueOnce(new ApiProblem({ status: 502, code: "peer_unreachable" }));
    sync.openChannel("s_1", "c_train");
    await settle();
    expect(sync.state.windows[KEY]?.error?.code).toBe("peer_unreachable");
    fetched.mockResolvedValueOnce(page([message(10)]));
    await sync.history.present("s_1", "c_train");
    expect(sync.state.windows[KEY]?.error).toBeNull();
    expect(held()).toEqual(["m10"]);
  });

  it("C13: of two jumps only the last one counts", async () => {
    const answers: ((p: MessagePage) => void)[] = [];
    vi.spyOn(api.messages, "page").mockImplementation(() => new Promise((resolve) => answers.push(resolve)));
    void sync.history.around("s_1", "c_train", "m3");
    void sync.history.around("s_1", "c_train", "m7");
    answers[1]?.(page([message(7)], { has_before: true, has_after: true }));
    answers[0]?.(page([message(3)], { has_before: true, has_after: true }));
    await settle();
    expect(held()).toEqual(["m7"]);
  });

  it("C9: reading is shown at once and told once", async () => {
    const told = vi.spyOn(api.messages, "markRead").mockResolvedValue(undefined);
    lines[0]?.say(messageEvent(11));
    lines[0]?.say(messageEvent(12));
    expect(sync.state.servers["s_1"]?.channels[0]?.unread).toBe(2);
    sync.markRead("s_1", "c_train");
    sync.markRead("s_1", "c_train");
    expect(sync.state.servers["s_1"]?.channels[0]?.unread).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(told.mock.calls).toEqual([["s_1", "c_train", 12]]);
  });
});
