import type { Message } from "@kit/api";
import { shownUser, useOpenProfile, useSync, useUser } from "@kit/live";
import { Markdown } from "@kit/markdown/Markdown";
import { plainText } from "@kit/markdown/parse";
import { Avatar } from "@kit/ui/Avatar";
import { cx } from "@kit/ui/cx";
import { Home, nameOf, pictureOf } from "@kit/ui/Person";
import { toastError } from "@kit/ui/Toasts";
import { Trans, useLingui } from "@lingui/react/macro";
import { CornerUpRight } from "lucide-react";
import { lazy, memo, Suspense, useRef, useState, type PointerEvent, type ReactNode } from "react";
import { DeliveryNote } from "./DeliveryNote";
import { formatBriefTime, formatFull, formatTime } from "./format";
import { MessageTools } from "./MessageTools";
import { Reactions } from "./Reactions";
import type { Delivery } from "./rows";
import type { MessageActs } from "./useMessageActs";
import s from "./Message.module.css";

const MessageSheet = lazy(() => import("./MessageSheet").then((m) => ({ default: m.MessageSheet })));

/** A touch this long opens the sheet of acts, in milliseconds. */
const LONG_PRESS_MS = 450;
const MOVE_PX = 10;

export interface MessageRowProps {
  message: Message;
  head: boolean;
  delivery: Delivery;
  error: string | null;
  /** It is about me: a mention, or a reply to me. */
  about: boolean;
  flash: boolean;
  /** The one message of the list that Tab reaches. */
  active: boolean;
  /** Being answered or edited in the composer. */
  chosen: boolean;
  acts: MessageActs;
  onJump: (id: string) => void;
  attachments: (message: Message) => ReactNode;
}

export const MessageRow = memo(function MessageRow(props: MessageRowProps) {
  const { message, head, delivery, active, acts } = props;
  const { t } = useLingui();
  const author = useUser(message.author, message.sid);
  const openProfile = useOpenProfile();
  const [hovered, setHovered] = useState(false);
  const [sheet, setSheet] = useState(false);
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null);
  const name = author ? nameOf(author) : t`Somebody`;
  const toolsPossible = delivery === "sent" && !message.deleted && !message.withheld;

  const endPress = (): void => {
    if (press.current) clearTimeout(press.current.timer);
    press.current = null;
  };
  const onPointerDown = (event: PointerEvent): void => {
    if (event.pointerType !== "touch" || !toolsPossible) return;
    endPress();
    press.current = { x: event.clientX, y: event.clientY, timer: setTimeout(() => setSheet(true), LONG_PRESS_MS) };
  };
  const onPointerMove = (event: PointerEvent): void => {
    const at = press.current;
    if (at && Math.hypot(event.clientX - at.x, event.clientY - at.y) > MOVE_PX) endPress();
  };

  return (
    <article
      className={cx(
        s.message,
        head && s.head,
        props.about && s.about,
        props.flash && s.flash,
        props.chosen && s.chosen,
        delivery !== "sent" && s.unsent,
        hovered && s.hovered,
      )}
      data-message={message.id}
      // The arrow keys walk through the messages; one of them is what Tab reaches.
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={active ? 0 : -1}
      aria-label={t`${name}, ${formatTime(message.ts)}`}
      onPointerEnter={(event) => {
        if (event.pointerType !== "touch") setHovered(true);
      }}
      onPointerLeave={() => setHovered(false)}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={endPress}
      onPointerCancel={endPress}
      onContextMenu={(event) => {
        // On touch screens the long press is ours.
        if (press.current) event.preventDefault();
      }}
    >
      {message.reply_to ? <Quote message={message} onJump={props.onJump} /> : null}
      {head ? (
        <button
          type="button"
          className={s.avatar}
          aria-label={t`Profile of ${name}`}
          tabIndex={-1}
          onClick={(event) => openProfile(message.author, message.sid, event.currentTarget)}
        >
          <Avatar id={message.author} name={name} src={author ? pictureOf(author) : null} />
        </button>
      ) : (
        <time className={s.sideTime} dateTime={new Date(message.ts).toISOString()} aria-hidden="true">
          {formatBriefTime(message.ts)}
        </time>
      )}
      <div className={s.content}>
        {head ? (
          <header className={s.header}>
            <button
              type="button"
              className={s.name}
              tabIndex={-1}
              onClick={(event) => openProfile(message.author, message.sid, event.currentTarget)}
            >
              {name}
            </button>
            {author ? <Home user={author} /> : null}
            <time className={s.time} dateTime={new Date(message.ts).toISOString()} title={formatFull(message.ts)}>
              {formatTime(message.ts)}
            </time>
            <DeliveryNote delivery={delivery} />
          </header>
        ) : null}
        {message.deleted ? (
          <p className={s.deleted}>
            <Trans>This message was deleted.</Trans>
          </p>
        ) : message.withheld ? (
          <p className={s.deleted}>
            <Trans>Not shown: the place that it comes from is blocked here.</Trans>
          </p>
        ) : (
          <>
            {message.body ? <Markdown body={message.body} sid={message.sid} /> : null}
            {message.edited_at !== null ? (
              <span className={s.edited} title={formatFull(message.edited_at)}>
                <Trans>edited</Trans>
              </span>
            ) : null}
            {message.attachments.length > 0 ? props.attachments(message) : null}
            <Reactions message={message} acts={acts} />
          </>
        )}
        {!head && delivery !== "sent" ? <DeliveryNote delivery={delivery} /> : null}
        {delivery === "failed" || delivery === "rejected" || delivery === "expired" || delivery === "orphaned" ? (
          <Unsent message={message} delivery={delivery} error={props.error} />
        ) : null}
      </div>
      {toolsPossible && (hovered || active) ? <MessageTools message={message} acts={acts} hovered={hovered} /> : null}
      {sheet ? (
        <Suspense fallback={null}>
          <MessageSheet message={message} acts={acts} onClose={() => setSheet(false)} />
        </Suspense>
      ) : null}
    </article>
  );
});

/** The line above a reply that shows what it answers and leads there. */
function Quote({ message, onJump }: { message: Message; onJump: (id: string) => void }) {
  const { t } = useLingui();
  const quote = message.reply_to;
  const author = useUser(quote?.author, message.sid);
  const sync = useSync();
  if (!quote) return null;
  const text = quote.excerpt
    ? plainText(quote.excerpt, (m) => {
        const user = shownUser(sync.state, m.id, message.sid);
        return m.kind === "user" ? `@${user ? nameOf(user) : t`somebody`}` : `@${m.kind}`;
      })
    : "";
  return (
    <button
      type="button"
      className={s.quote}
      tabIndex={-1}
      title={t`Show the original message`}
      onClick={() => onJump(quote.id)}
    >
      <span className={s.quoteText}>
        {quote.deleted ? (
          <i>
            <Trans>The original was deleted.</Trans>
          </i>
        ) : (
          <>
            <b>{author ? nameOf(author) : t`Somebody`}</b> {text || <i>{quote.excerpt === null ? t`something that is not shown` : t`a file`}</i>}
          </>
        )}
      </span>
    </button>
  );
}

/** What to do with a message that did not get through. */
function Unsent({ message, delivery, error }: { message: Message; delivery: Delivery; error: string | null }) {
  const { t } = useLingui();
  const sync = useSync();
  const local = delivery === "failed";
  const orphaned = delivery === "orphaned";
  const retry = (): void => {
    if (local) sync.retry(message.id);
    else sync.retryWaiting(message).catch(toastError);
  };
  const discard = (): void => {
    if (local) sync.discard(message.id);
    else sync.discardWaiting(message).catch(toastError);
  };
  const reason =
    delivery === "expired"
      ? t`The other side did not answer for too long.`
      : error === "forbidden"
        ? t`You may not write here.`
        : error === "blocked"
          ? t`This community’s own place and yours do not talk to each other.`
          : (error ?? "");
  return (
    <p className={orphaned ? s.orphaned : s.failed} role={orphaned ? "note" : "alert"}>
      <CornerUpRight size={14} aria-hidden="true" />
      <span>
        {orphaned ? (
          <Trans>Lost when this community was restored.</Trans>
        ) : (
          <>
            <Trans>This message was not delivered.</Trans> {reason}
          </>
        )}
      </span>
      <button type="button" onClick={retry}>
        {orphaned ? <Trans>Send again</Trans> : <Trans>Try again</Trans>}
      </button>
      <button type="button" onClick={discard}>
        <Trans>Delete</Trans>
      </button>
    </p>
  );
}
