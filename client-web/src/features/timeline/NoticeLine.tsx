import type { Notice } from "@kit/api";
import { useOpenProfile, useUsers } from "@kit/live";
import { nameOf } from "@kit/ui/Person";
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { useId, useState } from "react";
import { formatBriefTime, formatFull, formatTime } from "./format";
import s from "./NoticeLine.module.css";

/** People who came or went, in one quiet line; several in a row can be unfolded. */
export function NoticeLine({ sid, notices }: { sid: string; notices: readonly Notice[] }) {
  const [open, setOpen] = useState(false);
  const list = useId();
  const summary = useSummary(sid, notices);
  const last = notices.at(-1);
  if (!last) return null;
  return (
    <div className={s.notice} data-notice>
      <Time ts={last.ts} />
      {notices.length > 1 ? (
        <button
          type="button"
          className={s.fold}
          aria-expanded={open}
          aria-controls={open ? list : undefined}
          onClick={() => setOpen(!open)}
        >
          {summary}
        </button>
      ) : (
        <One sid={sid} notice={last} />
      )}
      {open ? (
        <ul id={list} className={s.list}>
          {notices.map((notice) => (
            <li key={`${notice.id}/${notice.user}`}>
              <One sid={sid} notice={notice} /> <span className={s.when}>{formatTime(notice.ts)}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

function Time({ ts }: { ts: number }) {
  return (
    <time className={s.time} dateTime={new Date(ts).toISOString()} title={formatFull(ts)}>
      {formatBriefTime(ts)}
    </time>
  );
}

/** One person; a click shows their card. */
function One({ sid, notice }: { sid: string; notice: Notice }) {
  const openProfile = useOpenProfile();
  const summary = useSummary(sid, [notice]);
  return (
    <button type="button" className={s.one} onClick={(event) => openProfile(notice.user, sid, event.currentTarget)}>
      {summary}
    </button>
  );
}

/** "Ada, Bo and 3 others joined. Cleo left." */
function useSummary(sid: string, notices: readonly Notice[]): string {
  const { t } = useLingui();
  const users = useUsers(
    notices.map((n) => n.user),
    sid,
  );
  const name = (id: string): string => {
    const user = users.find((one) => one?.id === id);
    return user ? nameOf(user) : t`somebody`;
  };
  const kinds = [...new Set(notices.map((n) => n.kind))];
  const parts = kinds.map((kind) => {
    const people = [...new Set(notices.filter((n) => n.kind === kind).map((n) => n.user))].map(name);
    const [first = "", second = ""] = people;
    const count = people.length;
    const others = count - 2;
    const who =
      count === 1
        ? first
        : count === 2
          ? t`${first} and ${second}`
          : t`${plural(others, { one: `${first}, ${second} and # other`, other: `${first}, ${second} and # others` })}`;
    switch (kind) {
      case "joined":
        return t`${plural(count, { one: `${who} joined`, other: `${who} joined` })}`;
      case "left":
        return t`${plural(count, { one: `${who} left`, other: `${who} left` })}`;
      case "kicked":
        return t`${plural(count, { one: `${who} was removed`, other: `${who} were removed` })}`;
      case "banned":
        return t`${plural(count, { one: `${who} was banned`, other: `${who} were banned` })}`;
    }
  });
  return parts.join(" · ");
}
