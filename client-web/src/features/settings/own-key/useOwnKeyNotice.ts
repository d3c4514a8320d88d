import { useState } from "react";
import { useLocation } from "wouter";
import { useLive } from "@kit/live";

const DAY_MS = 86_400_000;
/** A new account is left alone for so long, and after "later" for so long again. */
const FIRST_MS = 3 * DAY_MS;
const AGAIN_MS = 30 * DAY_MS;

const memory = (uid: string) => `own-key-later-${uid}`;

/** Whether it is time to speak of a key of one's own again, and how to put it off. */
export function useOwnKeyNotice(): { due: boolean; later: () => void } {
  const me = useLive((state) => state.me);
  const [location] = useLocation();
  const [now] = useState(Date.now);
  const [later, setLater] = useState(false);
  if (!me) return { due: false, later: () => undefined };
  const key = memory(me.user.id);
  const asked = Number(localStorage.getItem(key) ?? 0);
  return {
    // Its page says so itself.
    due: !me.own_key && !later && now - me.created_at > FIRST_MS && now - asked > AGAIN_MS && location !== "/settings/security",
    later: () => {
      localStorage.setItem(key, String(Date.now()));
      setLater(true);
    },
  };
}
