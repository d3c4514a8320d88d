import type { Message } from "@kit/api";
import { shownUser, useSync } from "@kit/live";
import { plainText } from "@kit/markdown/parse";
import { nameOf } from "@kit/ui/Person";
import { useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";
import s from "./Timeline.module.css";

/** New messages are read out together, at most this often, so that a lively channel does not talk without end. */
const BATCH_MS = 1500;
const READ_OUT = 3;

/** Tells a screen reader of new messages. The list itself is silent, since it also mounts old ones while scrolling. */
export function Announcer({ messages, myActor }: { messages: readonly Message[]; myActor: string }) {
  const { t } = useLingui();
  const sync = useSync();
  const [text, setText] = useState("");
  const last = useRef<number | null>(null);
  const batch = useRef<Message[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const newest = messages.at(-1)?.cn ?? null;
    const known = last.current;
    last.current = Math.max(newest ?? 0, known ?? 0);
    if (known === null || newest === null || newest <= known) return;
    batch.current.push(...messages.filter((m) => (m.cn ?? 0) > known && m.author !== myActor && !m.deleted));
    if (batch.current.length === 0) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const all = batch.current;
      batch.current = [];
      const name = (id: string): string => {
        const user = shownUser(sync.state, id, all[0]?.sid);
        return user ? nameOf(user) : t`somebody`;
      };
      if (all.length > READ_OUT) {
        const count = all.length;
        setText(t`${count} new messages`);
        return;
      }
      setText(
        all
          .map(
            (m) =>
              `${name(m.author)}: ${plainText(m.body, (x) => (x.kind === "user" ? name(x.id) : x.kind)) || t`a file`}`,
          )
          .join(". "),
      );
    }, BATCH_MS);
  }, [messages, myActor, sync, t]);

  return (
    <div role="log" aria-live="polite" className={s.hidden}>
      {text}
    </div>
  );
}
