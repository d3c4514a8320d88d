import { describe, expect, it } from "vitest";
import type { ServerFrame } from "@kit/api";
import { channel, event, me, message, messageEvent, ready, server, user } from "@kit/testing/build";
import { pruneTyping, reduce } from "./reducer";
import { emptyState, type LiveState, type OutboxItem } from "./state";
import { applyPage, changeReactions, emptyWindow, insertMessage, trimWindow } from "./window";

const KEY = "s_1/c_train";
const run = (frames: ServerFrame[], state = emptyState()): LiveState =>
  frames.reduce((s, f) => reduce(s, f, 1000), state);
/** A state with an empty, loaded window of the one channel. */
const opened = (frames: ServerFrame[] = []): LiveState => {
  const state = run([ready()]);
  return run(frames, { ...state, windows: { [KEY]: emptyWindow() } });
};
const ids = (state: LiveState): string[] => state.windows[KEY]?.messages.map((m) => m.id) ?? [];
const theChannel = (state: LiveState) => state.servers["s_1"]!.channels[0]!;
const outboxItem = (nonce: string): OutboxItem => ({
  nonce,
  sid: "s_1",
  channel: "c_train",
  body: "x",
  replyTo: null,
  ping: true,
  attachments: [],
  createdAt: 0,
  state: "sending",
  error: null,
});

describe("events of a server", () => {
  it("C1: messages stand in the order of their numbers, whatever order they come in", () => {
    const state = opened([messageEvent(1, { cn: 1 }), messageEvent(2, { cn: 3 }), messageEvent(3, { cn: 2 })]);
    expect(ids(state)).toEqual(["m1", "m2", "m3"]);
  });

  it("C1: the same event twice counts once", () => {
    const state = opened([messageEvent(1), messageEvent(1), messageEvent(2), messageEvent(1)]);
    expect(ids(state)).toEqual(["m1", "m2"]);
    expect(theChannel(state).unread).toBe(2);
    expect(state.cursors["s_1"]).toBe(2);
  });

  it("moves the cursor with events that show nothing", () => {
    expect(opened([event(1, { t: "nothing" })]).cursors["s_1"]).toBe(1);
  });

  it("ignores kinds of events it does not know, and moves on", () => {
    const state = opened([event(1, { t: "a_new_kind" } as never), messageEvent(2)]);
    expect(ids(state)).toEqual(["m2"]);
    expect(state.cursors["s_1"]).toBe(2);
  });

  it("C1: a hole in the numbers marks the history as to be fetched again", () => {
    const state = opened([messageEvent(1), messageEvent(5)]);
    expect(state.windows[KEY]?.stale).toBe(true);
    expect(state.cursors["s_1"]).toBe(5);
  });

  it("C1: numbers that were never meant for this person are no hole", () => {
    const later = messageEvent(9);
    const state = opened([messageEvent(1), { ...later, prev: 1 } as ServerFrame]);
    expect(state.windows[KEY]?.stale).toBe(false);
    expect(state.cursors["s_1"]).toBe(9);
    const hole = opened([messageEvent(1), { ...later, prev: 4 } as ServerFrame]);
    expect(hole.windows[KEY]?.stale).toBe(true);
  });

  it("ignores events of a server that it does not know", () => {
    expect(opened([event(7, { t: "nothing" }, "s_other")]).cursors["s_other"]).toBeUndefined();
  });

  it("C9: counts unread and mentions of others, and own messages read everything", () => {
    const frames = [
      messageEvent(1),
      messageEvent(2, { mentions: ["u_ada"] }),
      messageEvent(3, { mentions: ["everyone"] }),
    ];
    const unread = opened(frames);
    expect(theChannel(unread)).toMatchObject({ unread: 3, mentions: 2, last_cn: 3 });
    const mine = run([messageEvent(4, { author: "u_ada" })], unread);
    expect(theChannel(mine)).toMatchObject({ unread: 0, mentions: 0, read_cn: 4 });
  });

  it("C9: a mention of one of my roles counts, of another role does not", () => {
    const state = run([ready({ servers: [server("s_1", { my_roles: ["r_a"] })] })]);
    const after = run([messageEvent(1, { mentions: ["r_a"] }), messageEvent(2, { mentions: ["r_b"] })], state);
    expect(theChannel(after).mentions).toBe(1);
  });

  it("keeps a stretch of the past free of what happens at the present", () => {
    const past = { ...opened(), windows: { [KEY]: { ...emptyWindow(), hasAfter: true, messages: [message(5)] } } };
    const state = run([messageEvent(1, { cn: 90, id: "m90" })], past);
    expect(ids(state)).toEqual(["m5"]);
    expect(theChannel(state).last_cn).toBe(90);
  });

  it("leaves out a late message that lies before the held stretch", () => {
    const window = { ...emptyWindow(), hasBefore: true, messages: [message(50)] };
    expect(insertMessage(window, message(3))).toBe(window);
    expect(insertMessage({ ...window, hasBefore: false }, message(3)).messages).toHaveLength(2);
  });
});

describe("edits and deletions", () => {
  it("C5: an edit replaces the text and the quotes of it", () => {
    const quote = { id: "m1", author: "u_mira", excerpt: "message 1", deleted: false, cn: 1 };
    const state = opened([
      messageEvent(1),
      messageEvent(2, { reply_to: quote }),
      event(3, { t: "message_edit", message: message(1, { body: "better", edited_at: 5 }) }),
    ]);
    expect(state.windows[KEY]?.messages[0]).toMatchObject({ body: "better", edited_at: 5 });
    expect(state.windows[KEY]?.messages[1]?.reply_to?.excerpt).toBe("better");
  });

  it("C5: a deletion empties the message, its reactions and the quotes of it", () => {
    const quote = { id: "m1", author: "u_mira", excerpt: "message 1", deleted: false, cn: 1 };
    const state = opened([
      messageEvent(1, { reactions: [{ emoji: "👍", count: 1, me: false, users: ["u_x"] }] }),
      messageEvent(2, { reply_to: quote }),
      event(3, { t: "message_delete", channel: "c_train", id: "m1", by: "u_mira" }),
    ]);
    expect(state.windows[KEY]?.messages[0]).toMatchObject({ deleted: true, body: "", reactions: [] });
    expect(state.windows[KEY]?.messages[1]?.reply_to).toMatchObject({ deleted: true, excerpt: null });
  });

  it("B4: everything that somebody brought up to a place is erased, in all channels, and nothing later", () => {
    const reactions = [
      { emoji: "👍", count: 2, me: false, users: ["u_x", "u_mira"] },
      { emoji: "🌱", count: 1, me: false, users: ["u_mira"] },
    ];
    const state = opened([
      messageEvent(1, { author: "u_mira" }),
      messageEvent(2, { author: "u_x", reactions }),
      messageEvent(4, { author: "u_mira" }),
      event(5, { t: "purge", actor: "u_mira", seq: 3 }),
    ]);
    const [first, others, later] = state.windows[KEY]?.messages ?? [];
    expect([first?.deleted, first?.body, others?.deleted, later?.deleted]).toEqual([true, "", false, false]);
    expect(others?.reactions).toEqual([{ emoji: "👍", count: 1, me: false, users: ["u_x"] }]);
  });

  it("C5: edits, deletions and reactions of messages that are not held change nothing", () => {
    const before = opened([messageEvent(1)]);
    const after = run(
      [
        event(2, { t: "message_edit", message: message(77, { body: "?" }) }),
        event(3, { t: "message_delete", channel: "c_train", id: "m99", by: "u_mira" }),
        event(4, {
          t: "reaction",
          channel: "c_other",
          id: "m1",
          emoji: "👍",
          actor: "u_x",
          user: user("u_x"),
          on: true,
        }),
      ],
      before,
    );
    expect(after.windows).toBe(before.windows);
    expect(after.cursors["s_1"]).toBe(4);
  });

  it("C5: an edit that comes after the deletion does not bring the text back", () => {
    const state = opened([
      messageEvent(1),
      event(2, { t: "message_delete", channel: "c_train", id: "m1", by: "u_mira" }),
      event(3, { t: "message_edit", message: message(1, { body: "back?", edited_at: 9 }) }),
    ]);
    expect(state.windows[KEY]?.messages[0]?.body).toBe("");
  });

  it("C5: the older of two edits loses, whichever comes last", () => {
    const state = opened([
      messageEvent(1),
      event(2, { t: "message_edit", message: message(1, { body: "second", edited_at: 20 }) }),
      event(3, { t: "message_edit", message: message(1, { body: "first", edited_at: 10 }) }),
    ]);
    expect(state.windows[KEY]?.messages[0]?.body).toBe("second");
  });
});

describe("reactions", () => {
  const change = (actor: string, on: boolean, mine = false) => ({ emoji: "👍", actor, mine, on });

  it("C6: the same reaction twice counts once; taking back the last one removes it", () => {
    const one = changeReactions([], change("u_x", true));
    expect(changeReactions(one, change("u_x", true))).toBe(one);
    expect(one[0]).toMatchObject({ count: 1, me: false, users: ["u_x"] });
    expect(changeReactions(one, change("u_x", false))).toEqual([]);
    expect(changeReactions([], change("u_x", false))).toEqual([]);
  });

  it("C6: mine is known even beyond the named people", () => {
    const many = [{ emoji: "👍", count: 40, me: true, users: Array.from({ length: 10 }, (_, i) => `u_${i}`) }];
    expect(changeReactions(many, change("u_ada", true, true))).toBe(many);
    expect(changeReactions(many, change("u_ada", false, true))[0]).toMatchObject({ count: 39, me: false });
    expect(changeReactions(many, change("u_other", false))[0]).toMatchObject({ count: 39, me: true });
  });
});

describe("own messages on their way", () => {
  const withOutbox = (): LiveState => ({ ...opened(), outbox: { [KEY]: [outboxItem("n1"), outboxItem("n2")] } });

  it("C1: the delivered message takes the place of the waiting one with the same nonce", () => {
    const state = run([messageEvent(1, { author: "u_ada", nonce: "n1" })], withOutbox());
    expect(ids(state)).toEqual(["m1"]);
    expect(state.outbox[KEY]?.map((i) => i.nonce)).toEqual(["n2"]);
  });

  it("J3: a message kept for the host moves from the outbox to the waiting ones, then into the history", () => {
    const waiting = message(null, { id: "a1", nonce: "n1", author: "u_ada" });
    const state = run([{ op: "signal", s: { t: "pending", message: waiting } }], withOutbox());
    expect(state.outbox[KEY]?.map((i) => i.nonce)).toEqual(["n2"]);
    expect(state.waiting[KEY]?.map((m) => m.id)).toEqual(["a1"]);
    const delivered = run([messageEvent(1, { id: "a1", nonce: "n1", author: "u_ada" })], state);
    expect(delivered.waiting[KEY]).toEqual([]);
    expect(ids(delivered)).toEqual(["a1"]);
  });

  it("J3: a late word that a message waits does not double the delivered one", () => {
    const delivered = opened([messageEvent(1, { id: "a1", nonce: "n1", author: "u_ada" })]);
    const state = run(
      [{ op: "signal", s: { t: "pending", message: message(null, { id: "a1", nonce: "n1" }) } }],
      delivered,
    );
    expect(state.waiting[KEY] ?? []).toEqual([]);
  });

  it("C1: a refused message stays with its reason", () => {
    const refused = message(null, { id: "a1", state: "rejected", error_code: "forbidden" });
    const state = run(
      [
        { op: "signal", s: { t: "pending", message: message(null, { id: "a1" }) } },
        { op: "signal", s: { t: "pending", message: refused } },
      ],
      opened(),
    );
    expect(state.waiting[KEY]).toEqual([refused]);
  });
});

describe("snapshot and resume", () => {
  it("takes the cursor of the snapshot when it had none, and keeps its own when events will follow", () => {
    const first = run([ready({ servers: [server("s_1", { seq: 40 })] })]);
    expect(first.cursors["s_1"]).toBe(40);
    const again = run([ready({ servers: [server("s_1", { seq: 45 })] })], first);
    expect(again.cursors["s_1"]).toBe(40);
    const caughtUp = run(
      [41, 42, 43, 44, 45].map((n) => messageEvent(n)),
      {
        ...again,
        windows: { [KEY]: emptyWindow() },
      },
    );
    expect(ids(caughtUp)).toHaveLength(5);
    expect(caughtUp.windows[KEY]?.stale).toBe(false);
  });

  it("C9: events replayed after a snapshot do not count twice", () => {
    const first = run([ready({ servers: [server("s_1", { seq: 40 })] })]);
    const counted = channel("c_train", { last_cn: 2, unread: 2 });
    const state = run(
      [
        ready({ servers: [server("s_1", { seq: 42, channels: [counted] })] }),
        messageEvent(41, { cn: 1 }),
        messageEvent(42, { cn: 2 }),
        messageEvent(43, { cn: 3 }),
      ],
      first,
    );
    expect(theChannel(state).unread).toBe(3);
  });

  it("after too long a gap the history is fetched again and the cursor starts at the snapshot", () => {
    const old = opened([messageEvent(1)]);
    const state = run([ready({ servers: [server("s_1", { seq: 900 })], reset: ["s_1"] })], old);
    expect(state.cursors["s_1"]).toBe(900);
    expect(state.windows[KEY]?.stale).toBe(true);
  });

  it("a server restored from an older copy is believed", () => {
    const old = opened([messageEvent(1), messageEvent(2), messageEvent(3)]);
    const state = run([ready({ servers: [server("s_1", { seq: 1 })] })], old);
    expect(state.cursors["s_1"]).toBe(1);
    expect(state.windows[KEY]?.stale).toBe(true);
  });

  it("forgets communities that are gone, with all that was held of them", () => {
    const state = run([ready({ servers: [] })], opened([messageEvent(1)]));
    expect(state.windows).toEqual({});
    expect(state.order).toEqual([]);
  });

  it("E1: tells a person that they were removed, but not when they left themselves", () => {
    const gone = (reason: "left" | "kicked"): LiveState =>
      run([{ op: "signal", s: { t: "server_removed", sid: "s_1", reason } }], opened());
    expect(gone("kicked").removed).toEqual([{ sid: "s_1", name: "Lantern Readers", reason: "kicked" }]);
    expect(gone("left").removed).toEqual([]);
    expect(gone("left").servers).toEqual({});
  });

  it("a channel that can no longer be seen loses its history here", () => {
    const state = run([event(2, { t: "server", server: server("s_1", { channels: [] }) })], opened([messageEvent(1)]));
    expect(state.windows[KEY]).toBeUndefined();
  });
});

describe("signals", () => {
  const typing = (id: string): ServerFrame => ({
    op: "signal",
    s: { t: "typing", sid: "s_1", channel: "c_train", user: user(id) },
  });

  it("C10: typing shows for others, ends with their message and after its time", () => {
    const state = opened([typing("u_mira"), typing("u_june"), typing("u_ada"), typing("u_mira")]);
    expect(state.typing[KEY]?.map((p) => p.user.id)).toEqual(["u_june", "u_mira"]);
    const wrote = run([messageEvent(1, { author: "u_mira" })], state);
    expect(wrote.typing[KEY]?.map((p) => p.user.id)).toEqual(["u_june"]);
    expect(pruneTyping(wrote, 6999)).toBe(wrote);
    expect(pruneTyping(wrote, 7000).typing).toEqual({});
  });

  it("C9: read marks of another device are taken over", () => {
    const state = run(
      [{ op: "signal", s: { t: "read", sid: "s_1", channel: "c_train", read_cn: 2, unread: 0, mentions: 0 } }],
      opened([messageEvent(1), messageEvent(2)]),
    );
    expect(theChannel(state)).toMatchObject({ unread: 0, read_cn: 2 });
  });

  it("J3: says that the host is away and how many messages wait", () => {
    const hub = { reachable: false, since: 5, waiting: 1, catching_up: false };
    const state = run([{ op: "signal", s: { t: "hub", sid: "s_1", hub } }], opened());
    expect(state.servers["s_1"]?.hub).toEqual(hub);
  });

  it("J5: where other parts of a server are shown, its messages are fetched anew", () => {
    const state = run([{ op: "signal", s: { t: "reread", sid: "s_1" } }], opened([messageEvent(1)]));
    expect(state.windows[KEY]?.stale).toBe(true);
  });

  it("A5: a changed name is taken over, an unchanged one changes nothing", () => {
    const state = opened();
    expect(run([{ op: "signal", s: { t: "user", here: {}, user: user("u_ada") } }], state).users).toBe(state.users);
    const renamed = run(
      [{ op: "signal", s: { t: "me", me: me({ user: user("u_ada", { display_name: "Ada L." }) }) } }],
      state,
    );
    expect(renamed.users["u_ada"]?.display_name).toBe("Ada L.");
  });
});

describe("how somebody appears in one server", () => {
  const here = { display_name: "Captain", avatar: null };
  const dressedIn = (state: LiveState) => state.dressed["s_1"]?.["u_bo"]?.here;

  it("A10: counts in that server only, and goes with the next word that has none", () => {
    const typing = (more: object): ServerFrame => ({ op: "signal", s: { t: "typing", sid: "s_1", channel: "c_train", user: { ...user("u_bo"), ...more } } });
    const state = run([typing({ here })], opened());
    expect(dressedIn(state)).toEqual(here);
    expect(state.users["u_bo"]).toEqual(user("u_bo"));
    expect(dressedIn(run([typing({})], state))).toBeUndefined();
    expect(run([typing({ here })], state).dressed).toBe(state.dressed);
  });

  it("A10: a changed profile brings it for every server at once", () => {
    const told = (more: Record<string, typeof here>): ServerFrame => ({ op: "signal", s: { t: "user", user: user("u_bo"), here: more } });
    const state = run([told({ s_1: here })], opened());
    expect(dressedIn(state)).toEqual(here);
    expect(dressedIn(run([told({})], state))).toBeUndefined();
  });
});

describe("pages", () => {
  const page = (from: number, to: number, has_before = true, has_after = false) => ({
    messages: Array.from({ length: to - from + 1 }, (_, i) => message(from + i)),
    users: [],
    notices: [],
    has_before,
    has_after,
  });
  const cns = (w: { messages: { cn: number | null }[] }): (number | null)[] => w.messages.map((m) => m.cn);

  it("C13: older pages go in front, newer ones behind, without doubling the seam", () => {
    const start = applyPage(emptyWindow(), page(5, 6), "replace");
    const older = applyPage(start, page(3, 5, false), "before");
    expect(cns(older)).toEqual([3, 4, 5, 6]);
    expect(older.hasBefore).toBe(false);
    const past = applyPage(emptyWindow(), page(1, 2, false, true), "replace");
    expect(cns(applyPage(past, page(2, 4), "after"))).toEqual([1, 2, 3, 4]);
  });

  it("J4: fetching the newest again keeps older pages where they meet", () => {
    const held = applyPage(emptyWindow(), page(1, 10, false), "replace");
    const fresh = applyPage(held, page(8, 12), "refresh");
    expect(cns(fresh)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(fresh.hasBefore).toBe(false);
  });

  it("J4: where the newest page does not meet what is held, the old stretch goes rather than hide a hole", () => {
    const held = applyPage(emptyWindow(), page(1, 10, false), "replace");
    const fresh = applyPage(held, page(50, 60), "refresh");
    expect(cns(fresh)[0]).toBe(50);
    expect(fresh.hasBefore).toBe(true);
  });

  it("J4: a message that is gone from the fetched stretch goes here too", () => {
    const held = applyPage(emptyWindow(), page(1, 4, false), "replace");
    const fetched = { ...page(2, 4), messages: [message(2), message(4)] };
    expect(cns(applyPage(held, fetched, "refresh"))).toEqual([1, 2, 4]);
  });

  it("keeps little of a channel that is left, and knows that there is more", () => {
    const trimmed = trimWindow(applyPage(emptyWindow(), page(1, 50, false), "replace"), 10);
    expect(trimmed.messages).toHaveLength(10);
    expect(trimmed.hasBefore).toBe(true);
  });
});

describe("B10: people coming and going", () => {
  const notice = (seq: number, kind: "joined" | "left" = "joined") => ({ id: `n${seq}`, seq, ts: seq, kind, user: "u_bo" });
  const member = { user: user("u_bo"), roles: [], plain: false, joined_at: 1, presence: "online" as const };
  const joined = (seq: number) => event(seq, { t: "member_join", member, notice: notice(seq) });
  const noted = (state: LiveState): number[] => state.windows[KEY]?.notices.map((n) => n.seq) ?? [];
  const chosen = (part: object = {}): LiveState => {
    const state = run([ready({ servers: [server("s_1", { notices: "c_train" })] })]);
    return { ...state, windows: { [KEY]: { ...emptyWindow(), ...part } } };
  };

  it("B10: are noted in the chosen channel, once, and are nothing unread", () => {
    const left = event(2, { t: "member_leave", actor: "u_bo", user: user("u_bo"), reason: "left", notice: notice(2, "left") });
    const state = run([joined(1), joined(1), left], chosen());
    expect(noted(state)).toEqual([1, 2]);
    expect(theChannel(state)).toMatchObject({ unread: 0, mentions: 0 });
    expect(state.users["u_bo"]).toBeDefined();
  });

  it("B10: somebody who came and has gone since is noted too", () => {
    expect(noted(run([event(1, { t: "notice", notice: notice(1), user: user("u_bo") })], chosen()))).toEqual([1]);
  });

  it("B10: are noted nowhere when that is off, nor in a stretch of the past", () => {
    expect(noted(opened([joined(1)]))).toEqual([]);
    expect(noted(run([joined(1)], chosen({ hasAfter: true })))).toEqual([]);
  });

  it("B10: a channel that is chosen for them is fetched again", () => {
    const state = opened([event(1, { t: "server", server: server("s_1", { notices: "c_train" }) })]);
    expect(state.windows[KEY]?.stale).toBe(true);
    const off = run([event(1, { t: "server", server: server("s_1") })], chosen());
    expect(off.windows[KEY]?.stale).toBe(false);
  });
});
