import type { Message, Notice } from "@kit/api";
import type { ChannelWindow, OutboxItem } from "@kit/sync";

/** Messages of one author closer than this stand under one name. */
export const GROUP_MS = 7 * 60_000;

/** Where a message is on its way. */
export type Delivery = "sent" | "pending" | "rejected" | "expired" | "orphaned" | "sending" | "queued" | "failed";

export interface MessageRow {
  kind: "message";
  /** Stays the same from the first sign of a message until it is delivered. */
  key: string;
  message: Message;
  /** First of its group: shows name, picture and time. */
  head: boolean;
  delivery: Delivery;
  /** What went wrong, as the server said it; for failed and rejected ones. */
  error: string | null;
}

export interface NoticesRow {
  kind: "notices";
  key: string;
  /** In a row: no message and no midnight between them. */
  notices: Notice[];
}

export type Row =
  | { kind: "top"; key: "top"; more: boolean }
  | { kind: "day"; key: string; ts: number; isNew: boolean }
  | { kind: "new"; key: "new" }
  | { kind: "bottom"; key: "bottom" }
  | NoticesRow
  | MessageRow;

export interface RowSource {
  window: ChannelWindow;
  waiting: readonly Message[];
  outbox: readonly OutboxItem[];
  myActor: string;
  /** Whether this is the channel that shows who comes and goes. */
  showsNotices: boolean;
  /** Everything after this channel number is new to the person; null: no divider. */
  dividerCn: number | null;
}

const asMessage = new WeakMap<OutboxItem, Message>();

/** An unsent message in the shape of a delivered one. */
function outgoing(item: OutboxItem, author: string): Message {
  const known = asMessage.get(item);
  if (known && known.author === author) return known;
  const message: Message = {
    id: item.nonce,
    sid: item.sid,
    channel: item.channel,
    seq: null,
    cn: null,
    author,
    ts: item.createdAt,
    body: item.body,
    reply_to: item.replyTo ? { ...item.replyTo, deleted: false } : null,
    attachments: item.attachments.map((a) => ({
      id: a.upload,
      name: a.name,
      type: a.type,
      size: a.size,
      width: a.width,
      height: a.height,
      thumbhash: a.thumbhash,
      alt: a.alt,
      url: a.previewUrl ?? "",
      thumb_url: a.previewUrl,
      spoiler: a.spoiler,
    })),
    reactions: [],
    edited_at: null,
    deleted: false,
    mentions: [],
    nonce: item.nonce,
    state: "pending",
    error_code: null,
  };
  asMessage.set(item, message);
  return message;
}

export function sameDay(a: number, b: number): boolean {
  const x = new Date(a);
  const y = new Date(b);
  return x.getFullYear() === y.getFullYear() && x.getMonth() === y.getMonth() && x.getDate() === y.getDate();
}

/** The rows of a timeline, top to bottom: history, then what waits at home, then what is still in this browser. */
export function buildRows(source: RowSource): Row[] {
  const { window, waiting, outbox, myActor, showsNotices, dividerCn } = source;
  const rows: Row[] = [{ kind: "top", key: "top", more: window.hasBefore }];
  let previous: Message | null = null;
  let lastTs: number | null = null;
  let folded: NoticesRow | null = null;
  let dividerDone = dividerCn === null;

  const push = (message: Message, delivery: Delivery, error: string | null): void => {
    const newDay: boolean = lastTs === null || !sameDay(lastTs, message.ts);
    const isNew = !dividerDone && message.cn !== null && message.cn > (dividerCn ?? 0) && message.author !== myActor;
    if (isNew) dividerDone = true;
    if (newDay) rows.push({ kind: "day", key: `day-${new Date(message.ts).toDateString()}`, ts: message.ts, isNew });
    else if (isNew) rows.push({ kind: "new", key: "new" });
    const head: boolean =
      newDay ||
      isNew ||
      previous === null ||
      folded !== null ||
      previous.author !== message.author ||
      message.reply_to !== null ||
      message.ts - previous.ts >= GROUP_MS ||
      previous.deleted;
    rows.push({ kind: "message", key: message.nonce ?? message.id, message, head, delivery, error });
    previous = message;
    lastTs = message.ts;
    folded = null;
  };

  const note = (notice: Notice): void => {
    if (lastTs === null || !sameDay(lastTs, notice.ts)) {
      rows.push({ kind: "day", key: `day-${new Date(notice.ts).toDateString()}`, ts: notice.ts, isNew: false });
      folded = null;
    }
    lastTs = notice.ts;
    if (folded) {
      folded.notices.push(notice);
      return;
    }
    folded = { kind: "notices", key: `notice-${notice.id}-${notice.user}`, notices: [notice] };
    rows.push(folded);
  };

  const notices = showsNotices ? window.notices : [];
  let next = 0;
  for (const message of window.messages) {
    for (let n = notices[next]; n && n.seq < (message.seq ?? Infinity); n = notices[++next]) note(n);
    push(message, "sent", null);
  }
  for (const notice of notices.slice(next)) note(notice);
  if (window.hasAfter) {
    rows.push({ kind: "bottom", key: "bottom" });
    return rows;
  }
  const shown = new Set(waiting.map((m) => m.nonce));
  for (const message of waiting) push(message, message.state, message.error_code);
  for (const item of outbox) {
    if (!shown.has(item.nonce))
      push(outgoing(item, myActor), item.state, item.error?.detail ?? item.error?.code ?? null);
  }
  return rows;
}

/** Index of the row where the unread part begins, or -1. */
export function dividerIndex(rows: readonly Row[]): number {
  return rows.findIndex((row) => row.kind === "new" || (row.kind === "day" && row.isNew));
}

/** The nearest message row in a direction, from an index on; -1 if there is none. */
export function nextMessage(rows: readonly Row[], from: number, step: 1 | -1): number {
  for (let i = from; i >= 0 && i < rows.length; i += step) if (rows[i]?.kind === "message") return i;
  return -1;
}

/** Whether messages were put in front of the ones before: the list must then keep its place counted from the end. */
export function prepended(before: readonly Row[], after: readonly Row[]): boolean {
  const was = nextMessage(before, 0, 1);
  const first = before[was];
  if (!first) return false;
  return after.findIndex((row) => row.key === first.key) > was;
}
