import { useLive, useSync } from "@kit/live";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

/** Whether the person looks at this page now. */
export function isAttending(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

export interface Divider {
  /** Everything after this channel number was unread when the person came; null when all was read. */
  cn: number | null;
  /** How many were unread when they came. */
  count: number;
  /** Call when the end of the channel is in sight. */
  seen(): void;
  /** The person marked a message unread: it stays so until they leave. */
  hold(cn: number): void;
  /** The person is done with the unread part. */
  clear(): void;
}

/**
 * Where the unread part of a channel begins. Set on coming, and again when messages come while the person is away;
 * it then stays until they leave, though the messages count as read.
 */
export function useDivider(sid: string, cid: string): Divider {
  const sync = useSync();
  const channel = useLive((s) => s.servers[sid]?.channels.find((c) => c.id === cid));
  const [cn, setCn] = useState<number | null>(channel && channel.unread > 0 ? channel.read_cn : null);
  const [count, setCount] = useState(channel?.unread ?? 0);
  const held = useRef(false);
  const atEnd = useRef(false);
  const unread = channel?.unread ?? 0;
  const readCn = channel?.read_cn ?? 0;
  const before = useRef(unread);

  const markIfSeen = useCallback(() => {
    if (atEnd.current && !held.current && isAttending()) sync.markRead(sid, cid);
  }, [sync, sid, cid]);

  useEffect(() => {
    if (before.current === 0 && unread > 0 && !(atEnd.current && isAttending())) {
      setCn(readCn);
      setCount(unread);
    }
    before.current = unread;
    markIfSeen();
  }, [unread, readCn, markIfSeen]);

  useEffect(() => {
    window.addEventListener("focus", markIfSeen);
    document.addEventListener("visibilitychange", markIfSeen);
    return () => {
      window.removeEventListener("focus", markIfSeen);
      document.removeEventListener("visibilitychange", markIfSeen);
    };
  }, [markIfSeen]);

  const seen = useCallback(() => {
    atEnd.current = true;
    markIfSeen();
  }, [markIfSeen]);
  const hold = useCallback((at: number) => {
    held.current = true;
    setCn(at);
    setCount(0);
  }, []);
  const clear = useCallback(() => {
    held.current = false;
    setCn(null);
    setCount(0);
    sync.markRead(sid, cid);
  }, [sync, sid, cid]);
  return useMemo(() => ({ cn, count, seen, hold, clear }), [cn, count, seen, hold, clear]);
}
