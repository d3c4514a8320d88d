import { useServers, useSync } from "@kit/live";
import { useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { lastChannel } from "./places";

export interface ShortcutHandlers {
  onSwitcher: () => void;
  onSheet: () => void;
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** The keys that work everywhere, besides those that go from channel to channel. */
export function useShortcuts(handlers: ShortcutHandlers): void {
  const sync = useSync();
  const servers = useServers();
  const [location, navigate] = useLocation();
  const latest = useRef({ handlers, servers, location });
  latest.current = { handlers, servers, location };

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const now = latest.current;
      const [, sid = null, cid = null] = /^\/s\/([^/]+)(?:\/([^/]+))?/.exec(now.location) ?? [];
      const mod = event.ctrlKey || event.metaKey;
      const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : null;
      if (mod && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        now.handlers.onSwitcher();
      } else if (mod && event.key === "/") {
        event.preventDefault();
        now.handlers.onSheet();
      } else if (event.altKey && mod && step !== null) {
        const at = now.servers.findIndex((x) => x.id === sid);
        const next = now.servers[(at + step + now.servers.length) % now.servers.length];
        if (!next) return;
        event.preventDefault();
        const channel = lastChannel(next.id);
        navigate(channel ? `/s/${next.id}/${channel}` : `/s/${next.id}`);
      } else if (event.key === "Escape" && !mod && !event.altKey && !event.shiftKey) {
        const busy = isField(event.target) || document.querySelector("[role=dialog],[role=menu]") !== null;
        if (sid && cid && !busy) sync.markRead(sid, cid);
      } else if (
        !mod &&
        !event.altKey &&
        event.key.length === 1 &&
        event.key !== " " &&
        event.target === document.body
      ) {
        // Typing without a place for it goes into the message.
        document.querySelector<HTMLTextAreaElement>("[data-composer] textarea")?.focus();
      }
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [navigate, sync]);
}
