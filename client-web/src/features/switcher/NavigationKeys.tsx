import { useEffect } from "react";
import { useLocation } from "wouter";
import { useServer, useSync } from "@kit/live";
import { toastError } from "@kit/ui/Toasts";
import { neighbour } from "./keys";

/** Keys that go from channel to channel and mark a community as read. Shows nothing; mounted once. */
export function NavigationKeys() {
  const [location, navigate] = useLocation();
  const sync = useSync();
  const match = /^\/s\/([^/]+)(?:\/([^/]+))?/.exec(location);
  const sid = match?.[1] ?? null;
  const cid = match?.[2] && match[2] !== "settings" ? match[2] : null;
  const server = useServer(sid);
  useEffect(() => {
    if (!server) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey) return;
      if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        const next = neighbour(server, cid, event.key === "ArrowUp" ? -1 : 1, event.shiftKey);
        if (next) navigate(`/s/${server.id}/${next}`);
      } else if (event.key === "Escape" && event.shiftKey && !event.altKey) {
        event.preventDefault();
        void sync.markServerRead(server.id).catch(toastError);
      }
    };
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("keydown", onKey);
    };
  }, [server, cid, navigate, sync]);
  return null;
}
