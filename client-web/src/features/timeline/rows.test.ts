import { describe, expect, it } from "vitest";
import type { Message, Notice } from "@kit/api";
import { message } from "@kit/testing/build";
import type { ChannelWindow, OutboxItem } from "@kit/sync";
import { buildRows, dividerIndex, nextMessage, prepended, type Row } from "./rows";

const T = new Date(2026, 10, 19, 21, 0).getTime();
const at = (cn: number, minutes: number, part: Partial<Message> = {}): Message =>
  message(cn, { ts: T + minutes * 60_000, ...part });
const windowOf = (messages: Message[], part: Partial<ChannelWindow> = {}): ChannelWindow => ({
  messages,
  notices: [],
  hasBefore: false,
  hasAfter: false,
  incomplete: false,
  loading: null,
  error: null,
  stale: false,
  ...part,
});
const rows = (messages: Message[], part: Partial<Parameters<typeof buildRows>[0]> = {}): Row[] =>
  buildRows({ window: windowOf(messages), waiting: [], outbox: [], myActor: "u_ada", showsNotices: true, dividerCn: null, ...part });
const shape = (list: Row[]): string[] =>
  list.map((r) => (r.kind === "message" ? `${r.head ? "head" : "tail"}:${r.message.id}` : r.kind));
const item = (nonce: string, part: Partial<OutboxItem> = {}): OutboxItem => ({
  nonce,
  sid: "s_1",
  channel: "c_train",
  body: "hello",
  replyTo: null,
  ping: true,
  attachments: [],
  createdAt: T + 60_000,
  state: "queued",
  error: null,
  ...part,
});

describe("rows of the timeline", () => {
  it("C1: groups what one person writes within seven minutes", () => {
    expect(shape(rows([at(1, 0), at(2, 6.9), at(3, 14), at(4, 15, { author: "u_june" })]))).toEqual([
      "top",
      "day",
      "head:m1",
      "tail:m2",
      "head:m3",
      "head:m4",
    ]);
  });

  it("C4: a reply always shows who writes", () => {
    const reply_to = { id: "m1", author: "u_mira", excerpt: "x", deleted: false, cn: 1 };
    expect(shape(rows([at(1, 0), at(2, 1, { reply_to })])).at(-1)).toBe("head:m2");
  });

  it("a new day gets a line and a new head", () => {
    expect(shape(rows([at(1, 170), at(2, 181)]))).toEqual(["top", "day", "head:m1", "day", "head:m2"]);
  });

  it("C9: the divider stands before the first message of somebody else that is new", () => {
    const list = rows([at(1, 0), at(2, 1), at(3, 2, { author: "u_ada" }), at(4, 3)], { dividerCn: 1 });
    expect(shape(list)).toEqual(["top", "day", "head:m1", "new", "head:m2", "head:m3", "head:m4"]);
    expect(dividerIndex(list)).toBe(3);
    const mine = rows([at(1, 0), at(2, 1, { author: "u_ada" }), at(3, 2)], { dividerCn: 1 });
    expect(shape(mine)).toEqual(["top", "day", "head:m1", "head:m2", "new", "head:m3"]);
  });

  it("C9: where a new day begins with what is new, one line says both", () => {
    const list = rows([at(1, 170), at(2, 181)], { dividerCn: 1 });
    expect(list[3]).toMatchObject({ kind: "day", isNew: true });
    expect(list.some((r) => r.kind === "new")).toBe(false);
  });

  it("C9: no divider when all is read", () => {
    expect(dividerIndex(rows([at(1, 0)], { dividerCn: 1 }))).toBe(-1);
  });

  it("C1: what waits stands below the history, each once", () => {
    const waiting = [message(null, { id: "a1", nonce: "n1", author: "u_ada", ts: T })];
    const list = rows([at(1, 0)], {
      waiting,
      outbox: [item("n1"), item("n2", { state: "failed", error: { code: "x", detail: "No." } })],
    });
    expect(list.slice(-2)).toMatchObject([
      { key: "n1", delivery: "pending" },
      { key: "n2", delivery: "failed", error: "No." },
    ]);
  });

  it("C1: a message keeps its key from the outbox to the history", () => {
    const before = rows([at(1, 0)], { outbox: [item("n1")] }).at(-1)!;
    const after = rows([at(1, 0), at(2, 1, { author: "u_ada", nonce: "n1" })]).at(-1)!;
    expect(after.key).toBe(before.key);
  });

  it("C13: a stretch of the past does not show what waits at the present", () => {
    const list = buildRows({
      window: windowOf([at(1, 0)], { hasAfter: true }),
      waiting: [],
      outbox: [item("n1")],
      myActor: "u_ada",
      showsNotices: true,
      dividerCn: null,
    });
    expect(shape(list)).toEqual(["top", "day", "head:m1", "bottom"]);
  });

  it("finds the next message past lines that are none", () => {
    const list = rows([at(1, 170), at(2, 181)]);
    expect(nextMessage(list, 3, -1)).toBe(2);
    expect(nextMessage(list, 3, 1)).toBe(4);
    expect(nextMessage(list, 1, -1)).toBe(-1);
  });

  it("C13: tells older messages in front from newer ones behind", () => {
    const held = rows([at(5, 5), at(6, 6)]);
    expect(prepended(held, rows([at(3, 3), at(4, 4), at(5, 5), at(6, 6)]))).toBe(true);
    expect(prepended(held, rows([at(5, 5), at(6, 6), at(7, 7)]))).toBe(false);
    expect(prepended(held, rows([at(50, 50)]))).toBe(false);
    expect(prepended([], held)).toBe(false);
  });
});

describe("B10: people coming and going", () => {
  const move = (seq: number, minutes: number, user = `u_${seq}`): Notice => ({
    id: `n${seq}`,
    seq,
    ts: T + minutes * 60_000,
    kind: "joined",
    user,
  });
  const list = (notices: Notice[], showsNotices = true): Row[] =>
    rows([at(10, 0), at(20, 1), at(30, 2)], {
      window: windowOf([at(10, 0), at(20, 1), at(30, 2)], { notices }),
      showsNotices,
    });
  const seen = (all: Row[]): string[] =>
    all.map((r) => (r.kind === "notices" ? `notices:${r.notices.map((n) => n.seq).join("+")}` : shape([r])[0]!));

  it("B10: stand where they happened, and those in a row are one line", () => {
    expect(seen(list([move(5, -1), move(12, 0), move(13, 0), move(40, 3)]))).toEqual([
      "top",
      "day",
      "notices:5",
      "head:m10",
      "notices:12+13",
      "head:m20",
      "tail:m30",
      "notices:40",
    ]);
  });

  it("B10: show in no other channel", () => {
    expect(seen(list([move(12, 0)], false))).toEqual(["top", "day", "head:m10", "tail:m20", "tail:m30"]);
  });

  it("B10: a midnight parts them, and is drawn once", () => {
    expect(seen(list([move(31, 3), move(32, 181), move(33, 182)])).slice(-3)).toEqual(["notices:31", "day", "notices:32+33"]);
  });

  it("B10: none of them begins the unread part", () => {
    const window = windowOf([at(10, 0)], { notices: [move(12, 1)] });
    expect(dividerIndex(rows([], { window, dividerCn: 10 }))).toBe(-1);
  });
});
