import { useServers } from "@kit/live";
import { waitingIn } from "@kit/ui/counts";
import { useEffect } from "react";

/** Shows in the tab's title and icon what waits, and where the person is. */
export function useTabBadge(place: string | null): void {
  const servers = useServers();
  const mentions = servers.reduce((sum, server) => sum + waitingIn(server).mentions, 0);
  const unread = servers.some((server) => waitingIn(server).unread);
  useEffect(() => {
    const mark = mentions > 0 ? `(${mentions}) ` : unread ? "• " : "";
    document.title = `${mark}${place ? `${place} · ` : ""}ConnText`;
  }, [mentions, unread, place]);
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (icon) icon.href = mentions > 0 ? "/icon-mention.svg" : unread ? "/icon-unread.svg" : "/icon.svg";
  }, [mentions, unread]);
}
