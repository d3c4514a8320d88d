import { channelKey } from "@kit/sync";
import { useConnection, useLive, useServer } from "@kit/live";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Ban, CloudOff, RefreshCw } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { Link } from "wouter";
import s from "./Shell.module.css";

/** A short break of the line is nobody's business. */
const GRACE_MS = 2500;

/** Says quietly when something is away, what still works, and that what waits is sent by itself. */
export function QuietBar({ sid, cid }: { sid: string; cid: string | null }) {
  const { t } = useLingui();
  const connection = useConnection();
  const server = useServer(sid);
  const queued = useLive((state) =>
    cid ? (state.outbox[channelKey(sid, cid)]?.filter((i) => i.state !== "failed").length ?? 0) : 0,
  );
  const [offline, setOffline] = useState(false);
  useEffect(() => {
    if (connection === "online") {
      setOffline(false);
      return;
    }
    const timer = setTimeout(() => setOffline(true), GRACE_MS);
    return () => clearTimeout(timer);
  }, [connection]);

  let content: ReactNode = null;
  if (offline) {
    content = (
      <>
        <CloudOff size={16} aria-hidden="true" />
        <span>
          {queued > 0 ? (
            <Plural
              value={queued}
              one="You are offline. # message waits and will be sent by itself."
              other="You are offline. # messages wait and will be sent by themselves."
            />
          ) : (
            <Trans>You are offline. What you see may be old; what you write is sent when you are back.</Trans>
          )}
        </span>
      </>
    );
  } else if (server?.hub.cut_off) {
    const { code, reason } = server.hub.cut_off;
    const host = server.hub_domain;
    content = (
      <>
        <Ban size={16} aria-hidden="true" />
        <span>
          {code === "paused" ? (
            <Trans>The people who run your place have stopped the exchange with {host} for a while. What you write is sent when it goes on.</Trans>
          ) : (
            <Trans>Your place does not talk to {host} any more. You can read what came before.</Trans>
          )}
          {reason ? ` ${t`Reason: ${reason}`}` : ""}
        </span>
      </>
    );
  } else if (server && !server.hub.reachable) {
    const host = server.hub_domain;
    const waiting = server.hub.waiting;
    content = (
      <>
        <CloudOff size={16} aria-hidden="true" />
        <span>
          {server.moving_to ? (
            <Trans>This community is just moving to {server.moving_to}. You can read</Trans>
          ) : server.hub_is_here ? (
            <Trans>This community was restored and is fetching what was said since. You can read</Trans>
          ) : (
            <Trans>{host} does not answer. You are reading your own copy</Trans>
          )}
          {waiting > 0 ? (
            <Plural
              value={waiting}
              one="; # message waits and will be sent by itself."
              other="; # messages wait and will be sent by themselves."
            />
          ) : (
            <Trans>; what you write is sent when it is back.</Trans>
          )}{" "}
          {server.hub_is_here || server.moving_to ? null : (
            <Link href={`/takeover/${server.id}`}>
              <Trans>Is it gone for good?</Trans>
            </Link>
          )}
        </span>
      </>
    );
  } else if (server?.hub.catching_up) {
    const host = server.hub_domain;
    content = (
      <>
        <RefreshCw size={16} aria-hidden="true" />
        <span>
          <Trans>Fetching what you missed from {host}…</Trans>
        </span>
      </>
    );
  }
  return (
    <div className={s.barPlace} role="status">
      {content ? <div className={s.bar}>{content}</div> : null}
    </div>
  );
}
