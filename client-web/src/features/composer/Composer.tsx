import { EmojiButton } from "@kit/emoji/EmojiButton";
import { loadEmoji, replaceShortcodes } from "@kit/emoji/data";
import { useCan, useChannel, useServer, useSession, useSync } from "@kit/live";
import { toast, toastError } from "@kit/ui/Toasts";
import { IconButton } from "@kit/ui/IconButton";
import { Trans, useLingui } from "@lingui/react/macro";
import { Plus, SendHorizontal, Smile } from "lucide-react";
import {
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type ClipboardEvent,
  type KeyboardEvent,
} from "react";
import { CompletionList } from "./CompletionList";
import { findQuery, insert, type Query } from "./completion";
import { ModeBar, type ComposerMode } from "./ModeBar";
import { decode, encode, type Mentionable } from "./tokens";
import { Tray } from "./Tray";
import { useCompletions } from "./useCompletions";
import { useFileDrop } from "./useFileDrop";
import { useUploads } from "./useUploads";
import s from "./Composer.module.css";

const DRAFT_DELAY_MS = 400;
/** The counter shows from this share of the limit on. */
const COUNTER_FROM = 0.8;
const TALLEST_PX = 320;
const FALLBACK_LIMITS = { message_chars: 4000, upload_bytes: 50 * 1024 * 1024, attachments: 10 };

export interface ComposerProps {
  sid: string;
  cid: string;
  mode: ComposerMode | null;
  onMode: (mode: ComposerMode | null) => void;
  /** The person wants to change what they wrote last. */
  onEditLast: () => void;
}

/** Where messages are written. Mount it anew for each channel. */
export function Composer({ sid, cid, mode, onMode, onEditLast }: ComposerProps) {
  const { t } = useLingui();
  const sync = useSync();
  const server = useServer(sid);
  const channel = useChannel(sid, cid);
  const { instance } = useSession();
  const limits = instance?.limits ?? FALLBACK_LIMITS;
  const maySend = useCan(sid, "send", cid);
  const mayAttach = useCan(sid, "attach", cid);
  const listId = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);

  const known = useCallback((): Mentionable => {
    const now = sync.state.servers[sid];
    return {
      users: Object.values(sync.state.users),
      roles: now?.roles.filter((r) => !r.everyone) ?? [],
      channels: now?.channels.filter((c) => c.kind === "text") ?? [],
    };
  }, [sync, sid]);

  const [text, setText] = useState(() => decode(sync.draft(sid, cid)?.body ?? "", known()));
  const [caret, setCaret] = useState(0);
  const [ping, setPing] = useState(true);
  const [dismissed, setDismissed] = useState<number | null>(null);
  const [choice, setChoice] = useState(0);
  const [sendWhenUploaded, setSendWhenUploaded] = useState(false);
  const uploads = useUploads(sid, cid, { bytes: limits.upload_bytes, count: limits.attachments });
  const { items: files, add: addUploads } = uploads;

  const addFiles = useCallback(
    (list: readonly File[]) => {
      void addUploads(list).then((left) => {
        if (left > 0) toast(t`A message takes no more files than these.`);
      });
      field.current?.focus();
    },
    [addUploads, t],
  );
  const dropping = useFileDrop(mayAttach && maySend && mode?.kind !== "edit", addFiles);

  // ---- drafts: the new message is kept; an edit is not

  const editing = mode?.kind === "edit" ? mode.message : null;
  const draft = useRef(text);
  const reply = mode?.kind === "reply" ? mode.message : null;
  const saveNow = useRef<() => void>(() => undefined);
  saveNow.current = () => {
    if (editing) return;
    const replyTo = reply
      ? { id: reply.id, author: reply.author, excerpt: reply.body.slice(0, 160), cn: reply.cn }
      : null;
    sync.saveDraft(sid, cid, encode(draft.current, known()), replyTo);
  };
  const lastEdited = useRef<string | null>(null);
  useEffect(() => {
    // The text of an edit is not a draft, not even in the moment of leaving the edit.
    if (editing || lastEdited.current !== null) return;
    draft.current = text;
    const timer = setTimeout(() => saveNow.current(), DRAFT_DELAY_MS);
    return () => clearTimeout(timer);
  }, [text, reply, editing]);
  useEffect(() => {
    const save = (): void => saveNow.current();
    window.addEventListener("pagehide", save);
    return () => {
      window.removeEventListener("pagehide", save);
      save();
    };
  }, []);

  const editedId = editing?.id ?? null;
  useEffect(() => {
    if (editedId === lastEdited.current) return;
    const before = lastEdited.current;
    lastEdited.current = editedId;
    if (editing) setText(decode(editing.body, known()));
    else if (before !== null) setText(draft.current);
  }, [editedId, editing, known]);
  const modeKey = mode ? `${mode.kind}-${mode.message.id}` : null;
  useEffect(() => {
    setPing(true);
    if (modeKey) field.current?.focus();
  }, [modeKey]);

  // ---- the field grows with its text

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(TALLEST_PX, element.scrollHeight)}px`;
  }, [text]);

  const setCaretTo = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (setCaretTo.current === null) return;
    field.current?.setSelectionRange(setCaretTo.current, setCaretTo.current);
    setCaret(setCaretTo.current);
    setCaretTo.current = null;
  }, [text]);

  // ---- completion

  const found = findQuery(text, caret);
  const query: Query | null = found && found.start !== dismissed ? found : null;
  const completions = useCompletions(sid, cid, query);
  const open = query !== null && completions.length > 0;
  const current = Math.min(choice, completions.length - 1);
  const queryText = query ? `${query.kind}${query.text}` : null;
  useEffect(() => setChoice(0), [queryText]);

  const complete = (index: number): void => {
    const item = completions[index];
    if (!item || !query) return;
    const next = insert(text, query, item.insert);
    setText(next.text);
    setCaretTo.current = next.caret;
    field.current?.focus();
  };

  const putAtCaret = (piece: string): void => {
    const element = field.current;
    const from = element?.selectionStart ?? text.length;
    const to = element?.selectionEnd ?? text.length;
    setText(text.slice(0, from) + piece + text.slice(to));
    setCaretTo.current = from + piece.length;
    element?.focus();
  };

  // ---- sending

  const body = encode(text, known()).trim();
  const left = limits.message_chars - [...body].length;
  const uploading = files.some((f) => f.state === "uploading" || f.state === "paused");
  const broken = files.some((f) => f.state === "failed");
  const something = body !== "" || files.length > 0;

  const withEmoji = async (plain: string): Promise<string> => {
    if (!/:[a-z0-9_+-]+:/.test(plain)) return plain;
    try {
      return replaceShortcodes(await loadEmoji(), plain);
    } catch {
      return plain;
    }
  };

  const submit = async (): Promise<void> => {
    if (!maySend || left < 0) return;
    if (editing) {
      if (body === "" && editing.attachments.length === 0) return;
      const target = editing;
      onMode(null);
      if (body !== target.body) await sync.edit(target, await withEmoji(body)).catch(toastError);
      return;
    }
    if (!something || broken) return;
    if (uploading) {
      setSendWhenUploaded(true);
      return;
    }
    setSendWhenUploaded(false);
    const replyTo = reply
      ? { id: reply.id, author: reply.author, excerpt: reply.body.slice(0, 160), cn: reply.cn }
      : null;
    const attachments = uploads.take();
    const notify = ping;
    setText("");
    draft.current = "";
    onMode(null);
    sync.saveDraft(sid, cid, "", null);
    await sync.send({ sid, channel: cid, body: await withEmoji(body), replyTo, ping: notify, attachments });
  };

  const submitLatest = useRef(submit);
  submitLatest.current = submit;
  useEffect(() => {
    if (sendWhenUploaded && !uploading) {
      setSendWhenUploaded(false);
      if (!broken) void submitLatest.current();
    }
  }, [sendWhenUploaded, uploading, broken]);

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    // While an input method composes, its keys are its own.
    if (event.nativeEvent.isComposing) return;
    if (open) {
      const keys: Record<string, () => void> = {
        ArrowDown: () => setChoice((current + 1) % completions.length),
        ArrowUp: () => setChoice((current - 1 + completions.length) % completions.length),
        Enter: () => complete(current),
        Tab: () => complete(current),
        Escape: () => setDismissed(query.start),
      };
      const run = event.shiftKey ? undefined : keys[event.key];
      if (run) {
        event.preventDefault();
        event.stopPropagation();
        run();
        return;
      }
    }
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      void submit();
    } else if (event.key === "Escape" && mode) {
      event.preventDefault();
      event.stopPropagation();
      onMode(null);
    } else if (event.key === "ArrowUp" && text === "" && !mode) {
      event.preventDefault();
      onEditLast();
    } else if ((event.ctrlKey || event.metaKey) && event.key === "u" && mayAttach) {
      event.preventDefault();
      picker.current?.click();
    }
  };

  const onPaste = (event: ClipboardEvent<HTMLTextAreaElement>): void => {
    if (!mayAttach || editing) return;
    const pasted = [...event.clipboardData.files];
    if (pasted.length > 0) {
      event.preventDefault();
      addFiles(pasted);
      return;
    }
    const long = event.clipboardData.getData("text/plain");
    if (long.length > limits.message_chars) {
      event.preventDefault();
      addFiles([new File([long], t`text` + ".txt", { type: "text/plain" })]);
    }
  };

  if (!server || !channel) return null;
  if (!maySend) {
    return (
      <p className={s.refused}>
        <Trans>You can read here, but not write.</Trans>
      </p>
    );
  }
  const name = channel.name;
  return (
    <div className={s.frame} data-composer>
      {dropping ? (
        <div className={s.drop}>
          <Trans>Drop the files to add them</Trans>
        </div>
      ) : null}
      {open ? <CompletionList id={listId} items={completions} current={current} onChoose={complete} /> : null}
      <div className={s.box}>
        {mode ? (
          <ModeBar
            mode={mode}
            ping={ping}
            mayPing={mode.message.author !== server.my_actor}
            onPing={setPing}
            onCancel={() => onMode(null)}
          />
        ) : null}
        <Tray items={files} onRemove={uploads.remove} onRetry={uploads.retry} onChange={uploads.describe} />
        <div className={s.line}>
          {mayAttach && !editing ? (
            <>
              <IconButton label={t`Add files`} shortcut="Ctrl U" onPress={() => picker.current?.click()}>
                <Plus size={20} />
              </IconButton>
              <input
                ref={picker}
                type="file"
                multiple
                hidden
                aria-label={t`Files to add`}
                onChange={(event) => {
                  addFiles([...(event.currentTarget.files ?? [])]);
                  event.currentTarget.value = "";
                }}
              />
            </>
          ) : null}
          <textarea
            ref={field}
            className={s.field}
            rows={1}
            value={text}
            placeholder={t`Message #${name}`}
            aria-label={t`Message #${name}`}
            aria-autocomplete="list"
            {...(open ? { "aria-controls": listId, "aria-activedescendant": `${listId}-${current}` } : {})}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setCaret(event.currentTarget.selectionStart);
              setDismissed(null);
              if (event.currentTarget.value.trim() && !editing) sync.typing(sid, cid);
            }}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
          />
          {left <= limits.message_chars * (1 - COUNTER_FROM) ? (
            <span className={left < 0 ? `${s.counter} ${s.over}` : s.counter} role={left < 0 ? "alert" : undefined}>
              {left < 0 ? t`${-left} too many` : left}
            </span>
          ) : null}
          <EmojiButton label={t`Emoji`} onPick={putAtCaret}>
            <Smile size={20} />
          </EmojiButton>
          {something || editing ? (
            <IconButton
              className={s.send}
              label={editing ? t`Save` : t`Send`}
              shortcut="Enter"
              isDisabled={left < 0 || broken || sendWhenUploaded}
              onPress={() => void submit()}
            >
              <SendHorizontal size={19} />
            </IconButton>
          ) : null}
        </div>
        {sendWhenUploaded ? (
          <p className={s.hint} role="status">
            <Trans>Sent as soon as the files are up.</Trans>
          </p>
        ) : broken ? (
          <p className={s.hint} role="status">
            <Trans>Remove the file that failed, or try it again, to send.</Trans>
          </p>
        ) : null}
      </div>
    </div>
  );
}
