import { api, isProblem, type Instance, type Me, type SessionCreated } from "@kit/api";
import { BASE } from "@kit/api/http";
import { keepFresh, renew } from "@kit/api/renew";
import { SessionProvider, SyncProvider, type SessionValue } from "@kit/live";
import { createSync, type Socket, type Sync } from "@kit/sync";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";

/** While the instance does not answer, it is asked again this often. */
const ASK_AGAIN_MS = 5000;

function gatewayUrl(): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss" : "ws"}://${host}${BASE}/gateway`;
}

function newSync(onSignedOut: () => void): Sync {
  return createSync({
    api,
    connect: () => new WebSocket(gatewayUrl()) as Socket,
    now: () => Date.now(),
    random: () => Math.random(),
    nonce: uuid,
    onSignedOut,
  });
}

/** `crypto.randomUUID` is there on secure pages only; a test instance in a private network may have none. */
function uuid(): string {
  if ("randomUUID" in crypto) return crypto.randomUUID();
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16));
  return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/** Who is signed in here, and the live state that belongs to them. */
export function SessionRoot({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [status, setStatus] = useState<SessionValue["status"]>("unknown");
  const [instance, setInstance] = useState<Instance | null>(null);
  const [me, setMe] = useState<Me | null>(null);
  const [unreachable, setUnreachable] = useState(false);
  const ended = useRef<() => void>(() => undefined);
  const [sync] = useState(() => newSync(() => ended.current()));

  const leave = useCallback(
    async (erase: boolean) => {
      await sync.stop(erase);
      queries.clear();
      setMe(null);
      setStatus("out");
    },
    [sync, queries],
  );
  // What is left of it in cookies goes, and it is asked whether somebody else used it.
  ended.current = () => void renew().catch(() => undefined).then(() => leave(false));

  const enter = useCallback(
    (person: Me) => {
      setMe(person);
      setStatus("in");
      void sync.start(person);
    },
    [sync],
  );

  const ask = useCallback(async () => {
    try {
      const here = await api.instance();
      setInstance(here);
      setUnreachable(false);
      if (!here.signed_in) {
        setStatus("out");
        return;
      }
      enter(await api.me.get());
    } catch (error) {
      if (isProblem(error) && error.status === 401) setStatus("out");
      else setUnreachable(true);
    }
  }, [enter]);

  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    void ask();
  }, [ask]);

  useEffect(() => {
    if (!unreachable || status !== "unknown") return;
    const timer = setInterval(() => void ask(), ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [unreachable, status, ask]);

  // A window that is looked at keeps its tokens fresh: pictures cannot ask for new ones.
  const lifeMs = (instance?.limits.access_s ?? 0) * 1000;
  useEffect(() => {
    if (status !== "in" || lifeMs === 0) return;
    const look = () => {
      if (document.visibilityState === "visible") void keepFresh(lifeMs);
    };
    look();
    const timer = setInterval(look, Math.max(lifeMs / 4, 1000));
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [status, lifeMs]);

  // The profile changes through the gateway, also from another device.
  useEffect(() => sync.store.subscribe((state) => state.me && setMe(state.me)), [sync]);

  const value = useMemo<SessionValue>(
    () => ({
      status,
      instance,
      me,
      unreachable,
      signedIn: (created: SessionCreated) => {
        setInstance((here) => (here ? { ...here, signed_in: true, setup_required: false } : here));
        enter(created.me);
      },
      signOut: async () => {
        await api.sessions.signOut();
        await leave(true);
      },
      refresh: () => void ask(),
    }),
    [status, instance, me, unreachable, enter, leave, ask],
  );
  return (
    <SessionProvider value={value}>
      <SyncProvider sync={sync}>{children}</SyncProvider>
    </SessionProvider>
  );
}
