import type { Message } from "@kit/api";
import { channelKey, type ChannelWindow, type OutboxItem } from "@kit/sync";
import { useChannel, useLive, useServer, useSync } from "@kit/live";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FailedState } from "@kit/ui/States";
import { toast, toastError } from "@kit/ui/Toasts";
import { Trans, useLingui } from "@lingui/react/macro";
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { Announcer } from "./Announcer";
import { ChannelStart } from "./ChannelStart";
import { JumpBars } from "./JumpBars";
import { DayLine, MessageSkeletons, NewLine } from "./Lines";
import { MessageRow } from "./MessageRow";
import { NoticeLine } from "./NoticeLine";
import { buildRows, dividerIndex, nextMessage, prepended, type Row } from "./rows";
import { useDivider } from "./useDivider";
import { useMessageActs } from "./useMessageActs";
import s from "./Timeline.module.css";

/** So near to the end counts as at the end, in pixels. */
const END_PX = 40;
/** More history is fetched before the edge comes into sight. */
const EDGE_PX = 1200;
const FLASH_MS = 2200;
/** A jump has come to rest after this long. */
const SETTLE_MS = 400;
const NONE: never[] = [];

export interface TimelineProps {
  sid: string;
  cid: string;
  /** Message to show, from a permanent link. */
  target: string | null;
  /** Message being answered or edited. */
  chosen: string | null;
  onReply: (message: Message) => void;
  onEdit: (message: Message) => void;
  /** The messages' files. */
  attachments: (message: Message) => ReactNode;
}

/** The messages of one channel. Mount it anew for each channel. */
export function Timeline({ sid, cid, target, chosen, onReply, onEdit, attachments }: TimelineProps) {
  const { t } = useLingui();
  const sync = useSync();
  const key = channelKey(sid, cid);
  const server = useServer(sid);
  const channel = useChannel(sid, cid);
  const held = useLive((state) => state.windows[key]);
  const waiting = useLive<readonly Message[]>((state) => state.waiting[key] ?? NONE);
  const outbox = useLive<readonly OutboxItem[]>((state) => state.outbox[key] ?? NONE);
  const divider = useDivider(sid, cid);
  const [removing, setRemoving] = useState<Message | null>(null);
  const myActor = server?.my_actor ?? "";
  const myRoles = server?.my_roles;
  const showsNotices = server?.notices === cid;

  const list = useRef<VirtualizerHandle>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const stick = useRef(target === null);
  const lastOffset = useRef(0);
  const placed = useRef(false);
  const settling = useRef(false);
  const lookNow = useRef<() => void>(() => undefined);
  const [goal, setGoal] = useState<string | null>(target);
  const [flash, setFlash] = useState<string | null>(null);
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const focusWanted = useRef<string | null>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [dividerAbove, setDividerAbove] = useState(false);
  const seenCn = useRef(0);

  const window = held as ChannelWindow | undefined;
  const rows = useMemo<Row[]>(
    () => (window ? buildRows({ window, waiting, outbox, myActor, showsNotices, dividerCn: divider.cn }) : NONE),
    [window, waiting, outbox, myActor, showsNotices, divider.cn],
  );
  const newRow = dividerIndex(rows);

  // Rows put in front must not move what is being read.
  const previous = useRef<Row[]>(NONE);
  const shift = prepended(previous.current, rows);
  useLayoutEffect(() => {
    previous.current = rows;
  }, [rows]);

  // ---- what is open

  useEffect(() => sync.openChannel(sid, cid, target ?? undefined), [sync, sid, cid, target]);

  const jumpTo = useCallback(
    (id: string) => {
      stick.current = false;
      sync.history
        .around(sid, cid, id)
        .then((found) => {
          if (found) {
            setGoal(id);
          } else {
            toast(t`This message is not here (any more).`);
            setGoal(null);
            stick.current = true;
            return sync.history.present(sid, cid);
          }
          return undefined;
        })
        .catch(toastError);
    },
    [sync, sid, cid, t],
  );
  useEffect(() => {
    if (target) jumpTo(target);
  }, [target, jumpTo]);

  const toEnd = useCallback(() => {
    list.current?.scrollToIndex(previous.current.length - 1, { align: "end" });
  }, []);

  const toPresent = useCallback(() => {
    stick.current = true;
    if (sync.state.windows[key]?.hasAfter) {
      placed.current = true;
      void sync.history.present(sid, cid);
    } else {
      toEnd();
    }
  }, [sync, key, sid, cid, toEnd]);

  const toFirstUnread = useCallback(() => {
    const index = dividerIndex(previous.current);
    if (index >= 0) {
      stick.current = false;
      list.current?.scrollToIndex(index, { align: "start", offset: -48 });
    } else if (divider.cn !== null) {
      stick.current = false;
      placed.current = false;
      void sync.history.from(sid, cid, divider.cn);
    }
  }, [divider.cn, sync, sid, cid]);

  // ---- keeping the place

  // First sight: the unread part, or the end.
  useLayoutEffect(() => {
    if (placed.current || !window || window.loading === "initial" || rows.length < 2) return;
    placed.current = true;
    if (goal) return;
    if (newRow > 0) {
      stick.current = false;
      list.current?.scrollToIndex(newRow, { align: "start", offset: -48 });
    } else {
      toEnd();
    }
  }, [window, rows, goal, newRow, toEnd]);

  useLayoutEffect(() => {
    if (stick.current && placed.current) toEnd();
  }, [rows, toEnd]);

  useLayoutEffect(() => {
    if (!goal) return;
    const index = rows.findIndex((row) => row.kind === "message" && row.message.id === goal);
    if (index < 0) return;
    // Older and newer pages wait until the jump has come to rest: they would move its aim.
    settling.current = true;
    list.current?.scrollToIndex(index, { align: "center" });
    setFlash(goal);
    setGoal(null);
  }, [rows, goal]);

  useEffect(() => {
    if (!flash) return;
    const rest = setTimeout(() => {
      settling.current = false;
      lookNow.current();
    }, SETTLE_MS);
    const end = setTimeout(() => setFlash(null), FLASH_MS);
    return () => {
      settling.current = false;
      clearTimeout(rest);
      clearTimeout(end);
    };
  }, [flash]);

  const look = useCallback(() => {
    const handle = list.current;
    const now = sync.state.windows[key];
    if (!handle || !now) return;
    const below = handle.scrollSize - handle.scrollOffset - handle.viewportSize;
    const end = below <= END_PX && !now.hasAfter;
    setAtEnd(below <= handle.viewportSize / 2 && !now.hasAfter);
    if (end) {
      seenCn.current = Math.max(seenCn.current, now.messages.at(-1)?.cn ?? 0);
      if (placed.current) divider.seen();
    }
    const at = dividerIndex(previous.current);
    setDividerAbove(at >= 0 && handle.getItemOffset(at) < handle.scrollOffset - 8);
    if (now.loading === null && now.error === null && placed.current && !settling.current) {
      if (now.hasBefore && handle.scrollOffset < EDGE_PX) void sync.history.before(sid, cid);
      else if (now.hasAfter && below < EDGE_PX) void sync.history.after(sid, cid);
    }
  }, [sync, key, sid, cid, divider]);

  lookNow.current = look;

  const onScroll = useCallback(
    (offset: number) => {
      const handle = list.current;
      if (!handle) return;
      const below = handle.scrollSize - offset - handle.viewportSize;
      if (below <= END_PX && !sync.state.windows[key]?.hasAfter) stick.current = true;
      else if (offset < lastOffset.current - 1) stick.current = false;
      lastOffset.current = offset;
      look();
    },
    [sync, key, look],
  );
  const onResize = useCallback(() => {
    if (stick.current && placed.current) toEnd();
    look();
  }, [toEnd, look]);
  useEffect(look, [rows, look]);

  // Sending brings the person to the end and settles what was new.
  const sent = outbox.at(-1)?.nonce ?? null;
  const lastSent = useRef(sent);
  useEffect(() => {
    if (sent !== null && sent !== lastSent.current) {
      divider.clear();
      toPresent();
    }
    lastSent.current = sent;
  }, [sent, divider, toPresent]);

  // ---- acts

  const onMarkUnread = useCallback(
    (message: Message) => {
      divider.hold((message.cn ?? 1) - 1);
      sync.markUnread(message).catch(toastError);
    },
    [divider, sync],
  );
  const acts = useMessageActs(sid, cid, { onReply, onEdit, onRemove: setRemoving, onMarkUnread });

  // ---- keyboard: the arrow keys walk from message to message

  const activeIndex = useMemo(() => {
    const at = activeKey === null ? -1 : rows.findIndex((row) => row.key === activeKey);
    return at >= 0 ? at : nextMessage(rows, rows.length - 1, -1);
  }, [rows, activeKey]);

  useEffect(() => {
    const wanted = focusWanted.current;
    if (wanted === null) return;
    const row = rows.find((r) => r.key === wanted);
    if (row?.kind !== "message") return;
    const frame = requestAnimationFrame(() => {
      const element = scroller.current?.querySelector<HTMLElement>(`[data-message="${CSS.escape(row.message.id)}"]`);
      if (!element) return;
      focusWanted.current = null;
      element.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [rows, activeKey]);

  const walkTo = (index: number): void => {
    const row = rows[index];
    if (row?.kind !== "message") return;
    stick.current = false;
    setActiveKey(row.key);
    focusWanted.current = row.key;
    list.current?.scrollToIndex(index, { align: "nearest" });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (!(event.target instanceof HTMLElement) || event.target.tagName !== "ARTICLE") return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows[activeIndex];
    const message = row?.kind === "message" && row.delivery === "sent" && !row.message.deleted ? row.message : null;
    const can = message ? acts.can(message) : null;
    const keys: Record<string, (() => void) | false | null | undefined> = {
      ArrowUp: () => walkTo(nextMessage(rows, activeIndex - 1, -1)),
      ArrowDown: () => walkTo(nextMessage(rows, activeIndex + 1, 1)),
      Home: () => walkTo(nextMessage(rows, 0, 1)),
      End: toPresent,
      r: message && can?.reply && (() => onReply(message)),
      e: message && can?.edit && (() => onEdit(message)),
      u: message && (() => onMarkUnread(message)),
      c: message && (() => acts.copyText(message)),
      Delete: message && can?.remove && (() => setRemoving(message)),
    };
    const run = keys[event.key];
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  };

  // ---- what is shown

  const newest = channel?.last_cn ?? 0;
  const missed = atEnd ? 0 : Math.max(0, newest - Math.max(seenCn.current, divider.cn ?? 0, 0));

  const about = (message: Message): boolean =>
    message.author !== myActor &&
    (message.mentions.includes(myActor) ||
      message.mentions.includes("everyone") ||
      message.mentions.some((m) => myRoles?.includes(m)) ||
      message.reply_to?.author === myActor);

  const render = (row: Row): ReactNode => {
    switch (row.kind) {
      case "top":
        if (row.more) {
          return window?.error ? (
            <FailedState error={window.error} onRetry={() => void sync.history.before(sid, cid)} />
          ) : (
            <MessageSkeletons count={4} />
          );
        }
        return <ChannelStart sid={sid} cid={cid} incomplete={window?.incomplete ?? false} />;
      case "bottom":
        return window?.error ? (
          <FailedState error={window.error} onRetry={() => void sync.history.after(sid, cid)} />
        ) : (
          <MessageSkeletons count={3} />
        );
      case "day":
        return (
          <DayLine
            ts={row.ts}
            isNew={row.isNew}
            onGo={(time) => {
              stick.current = false;
              placed.current = true;
              void sync.history.at(sid, cid, time).then(() => list.current?.scrollToIndex(1, { align: "start" }));
            }}
          />
        );
      case "new":
        return <NewLine />;
      case "notices":
        return <NoticeLine sid={sid} notices={row.notices} />;
      case "message":
        return (
          <MessageRow
            message={row.message}
            head={row.head}
            delivery={row.delivery}
            error={row.error}
            about={about(row.message)}
            flash={flash === row.message.id}
            active={rows[activeIndex]?.key === row.key}
            chosen={chosen === row.message.id}
            acts={acts}
            onJump={jumpTo}
            attachments={attachments}
          />
        );
    }
  };

  const loading = !window || (window.loading === "initial" && window.messages.length === 0);
  const failed = window?.error && window.messages.length === 0 && !loading;
  const messages = window?.messages ?? NONE;
  return (
    <section className={s.timeline}>
      <JumpBars
        divider={divider}
        first={messages.find((m) => (m.cn ?? 0) > (divider.cn ?? Infinity))?.ts ?? null}
        showUnread={divider.count > 0 && (dividerAbove || newRow < 0) && !loading}
        onFirstUnread={toFirstUnread}
        onDone={divider.clear}
        showPresent={!atEnd && !loading}
        missed={missed}
        onPresent={toPresent}
      />
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the keys of the messages inside, handled in one place */}
      <div
        ref={scroller}
        className={s.scroller}
        data-timeline
        onKeyDown={onKeyDown}
        role="group"
        aria-label={t`Messages`}
        aria-busy={loading}
        tabIndex={-1}
      >
        {loading ? (
          <div className={s.filling} role="status" aria-label={t`Loading messages`}>
            <MessageSkeletons count={9} />
          </div>
        ) : failed ? (
          <FailedState error={window.error} onRetry={() => void sync.history.present(sid, cid)} />
        ) : (
          <>
            <div className={s.spacer} />
            <Virtualizer
              ref={list}
              shift={shift}
              data={rows}
              onScroll={onScroll}
              onResize={onResize}
              bufferSize={600}
              keepMounted={activeIndex >= 0 ? [activeIndex] : NONE}
            >
              {(row) => (
                <div key={row.key} onFocus={() => setActiveKey(row.key)}>
                  {render(row)}
                </div>
              )}
            </Virtualizer>
          </>
        )}
      </div>
      <Announcer messages={messages} myActor={myActor} />
      <ConfirmDialog
        isOpen={removing !== null}
        onClose={() => setRemoving(null)}
        title={t`Delete this message?`}
        action={t`Delete`}
        danger
        onConfirm={() => (removing ? sync.remove(removing) : Promise.resolve())}
      >
        <Trans>It disappears for everybody, here and everywhere else.</Trans>
      </ConfirmDialog>
    </section>
  );
}
