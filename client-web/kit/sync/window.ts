import type { Message, MessagePage, Notice, Reaction } from "@kit/api";
import type { ChannelWindow } from "./state";

/** How many people a reaction names; the rest are only counted. */
const NAMED_REACTORS = 10;
/** How long the quoted text of a reply is at most. */
const EXCERPT_CHARS = 160;

export function emptyWindow(): ChannelWindow {
  return {
    messages: [],
    notices: [],
    hasBefore: false,
    hasAfter: false,
    incomplete: false,
    loading: null,
    error: null,
    stale: false,
  };
}

/** Where a channel number stands or would stand in an ascending list. */
function position(messages: readonly Message[], cn: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.cn ?? 0) < cn) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Joins two ascending lists; where both know a message, the one of `newer` stands. */
export function mergeMessages(older: readonly Message[], newer: readonly Message[]): Message[] {
  const ids = new Set(newer.map((m) => m.id));
  const all = older.filter((m) => !ids.has(m.id)).concat(newer.filter((m) => m.cn !== null));
  return all.sort((a, b) => (a.cn ?? 0) - (b.cn ?? 0));
}

/**
 * Takes a new message into the window. A known message stays as it is: what we hold is at least as new as the
 * message's first form. One that lies outside of the held stretch is left out: paging will bring it.
 */
export function insertMessage(window: ChannelWindow, message: Message): ChannelWindow {
  if (message.cn === null) return window;
  const at = position(window.messages, message.cn);
  if (window.messages[at]?.id === message.id) return window;
  if (at === 0 && window.hasBefore && window.messages.length > 0) return window;
  if (at === window.messages.length && window.hasAfter) return window;
  const messages = window.messages.slice();
  messages.splice(at, 0, message);
  return { ...window, messages };
}

const noticeKey = (notice: Notice): string => `${notice.id}/${notice.user}`;

/** Joins two ascending lists of notices; the same one counts once. */
export function mergeNotices(held: readonly Notice[], more: readonly Notice[]): Notice[] {
  const known = new Set(more.map(noticeKey));
  return held
    .filter((n) => !known.has(noticeKey(n)))
    .concat(more)
    .sort((a, b) => a.seq - b.seq);
}

/** Takes a new notice into the window; a window of the past gets it by paging. */
export function insertNotice(window: ChannelWindow, notice: Notice): ChannelWindow {
  if (window.hasAfter) return window;
  return { ...window, notices: mergeNotices(window.notices, [notice]) };
}

function excerpt(body: string): string {
  const line = body.replace(/\s+/g, " ").trim();
  return line.length > EXCERPT_CHARS ? `${line.slice(0, EXCERPT_CHARS)}…` : line;
}

/** Applies a change to one message and to the quotes of it; an unknown id changes nothing. */
function changeMessage(
  window: ChannelWindow,
  id: string,
  change: (message: Message) => Message,
  changeQuote?: (message: Message) => Message,
): ChannelWindow {
  let touched = false;
  const messages = window.messages.map((message) => {
    if (message.id === id) {
      const next = change(message);
      if (next !== message) touched = true;
      return next;
    }
    if (changeQuote && message.reply_to?.id === id) {
      touched = true;
      return changeQuote(message);
    }
    return message;
  });
  return touched ? { ...window, messages } : window;
}

export function editMessage(window: ChannelWindow, edited: Message): ChannelWindow {
  return changeMessage(
    window,
    edited.id,
    (message) => {
      // A late edit must not bring back what was deleted, nor undo a newer edit.
      if (message.deleted) return message;
      if (message.edited_at !== null && edited.edited_at !== null && edited.edited_at < message.edited_at)
        return message;
      return { ...edited, nonce: edited.nonce ?? message.nonce };
    },
    (message) =>
      message.reply_to
        ? { ...message, reply_to: { ...message.reply_to, excerpt: excerpt(edited.body), deleted: false } }
        : message,
  );
}

export function deleteMessage(window: ChannelWindow, id: string): ChannelWindow {
  return changeMessage(
    window,
    id,
    (message) =>
      message.deleted ? message : { ...message, deleted: true, body: "", attachments: [], reactions: [], mentions: [] },
    (message) =>
      message.reply_to ? { ...message, reply_to: { ...message.reply_to, excerpt: null, deleted: true } } : message,
  );
}

/** Everything of one author up to a place in the log is erased, their reactions too. */
export function purge(window: ChannelWindow, actor: string, seq: number, mine: boolean): ChannelWindow {
  const theirs = window.messages.filter((m) => m.author === actor && m.seq !== null && m.seq <= seq && !m.deleted);
  const next = theirs.reduce((held, message) => deleteMessage(held, message.id), window);
  const given = (reaction: Reaction) => reaction.users.includes(actor) || (mine && reaction.me);
  const without = (reactions: Reaction[]) =>
    reactions.reduce(
      (left, r) => (given(r) ? changeReactions(left, { emoji: r.emoji, actor, mine, on: false }) : left),
      reactions,
    );
  if (!next.messages.some((message) => message.reactions.some(given))) return next;
  return { ...next, messages: next.messages.map((m) => ({ ...m, reactions: without(m.reactions) })) };
}

export interface ReactionChange {
  emoji: string;
  actor: string;
  mine: boolean;
  on: boolean;
}

/** The reactions after one change; the same change twice counts once. */
export function changeReactions(reactions: readonly Reaction[], change: ReactionChange): Reaction[] {
  const known = reactions.find((r) => r.emoji === change.emoji);
  if (!known) {
    if (!change.on) return reactions as Reaction[];
    return [...reactions, { emoji: change.emoji, count: 1, me: change.mine, users: [change.actor] }];
  }
  const has = change.mine ? known.me : known.users.includes(change.actor);
  // Beyond the named ones we cannot know who reacted: believe the event.
  const unnamed = !change.mine && !has && known.count > known.users.length;
  if (change.on ? has : !has && !unnamed) return reactions as Reaction[];
  const count = known.count + (change.on ? 1 : -1);
  if (count <= 0) return reactions.filter((r) => r !== known);
  const users = change.on
    ? known.users.length < NAMED_REACTORS
      ? [...known.users, change.actor]
      : known.users
    : known.users.filter((u) => u !== change.actor);
  const next: Reaction = { ...known, count, users, me: change.mine ? change.on : known.me };
  return reactions.map((r) => (r === known ? next : r));
}

export function reactTo(window: ChannelWindow, id: string, change: ReactionChange): ChannelWindow {
  return changeMessage(window, id, (message) => {
    if (message.deleted) return message;
    const reactions = changeReactions(message.reactions, change);
    return reactions === message.reactions ? message : { ...message, reactions };
  });
}

/** Takes a fetched page into the window. */
export function applyPage(
  window: ChannelWindow,
  page: MessagePage,
  where: "replace" | "before" | "after" | "refresh",
): ChannelWindow {
  const fetched = page.messages.filter((m) => m.cn !== null);
  const done = { loading: null, error: null } as const;
  const incomplete = page.incomplete ?? false;
  switch (where) {
    case "replace":
      return {
        messages: mergeMessages([], fetched),
        notices: page.notices,
        hasBefore: page.has_before,
        hasAfter: page.has_after,
        incomplete,
        stale: false,
        ...done,
      };
    case "before":
      return {
        ...window,
        ...done,
        messages: mergeMessages(window.messages, fetched),
        notices: mergeNotices(window.notices, page.notices),
        hasBefore: page.has_before,
        incomplete: window.incomplete || incomplete,
      };
    case "after":
      return {
        ...window,
        ...done,
        messages: mergeMessages(window.messages, fetched),
        notices: mergeNotices(window.notices, page.notices),
        hasAfter: page.has_after,
        incomplete: window.incomplete || incomplete,
      };
    case "refresh": {
      // The newest page again. Where it meets what we hold, older pages stay; otherwise there is a hole between and they go.
      const first = fetched[0]?.cn ?? null;
      const last = window.messages.at(-1)?.cn ?? null;
      const meets = first !== null && last !== null && !window.hasAfter && (last >= first || !page.has_before);
      if (!meets) return applyPage(window, page, "replace");
      const kept = window.messages.filter((m) => (m.cn ?? 0) < first);
      return {
        messages: mergeMessages(kept, fetched),
        notices: kept.length > 0 ? mergeNotices(window.notices, page.notices) : page.notices,
        hasBefore: kept.length > 0 ? window.hasBefore : page.has_before,
        hasAfter: page.has_after,
        incomplete,
        stale: false,
        ...done,
      };
    }
  }
}

/** Forgets all but the newest `keep` messages; for channels that are left. */
export function trimWindow(window: ChannelWindow, keep: number): ChannelWindow {
  if (window.hasAfter || window.messages.length <= keep) return window;
  const messages = window.messages.slice(-keep);
  const first = messages[0]?.seq ?? 0;
  return { ...window, messages, notices: window.notices.filter((n) => n.seq > first), hasBefore: true };
}
