import { useRef, useState } from "react";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { trustApi, type ListPreview, type TakenList } from "@kit/api/trust";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FormError } from "@kit/ui/FormError";
import { Stack } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { saveText } from "@kit/ui/save-text";
import { Section } from "@kit/ui/SettingsLayout";
import { toast } from "@kit/ui/Toasts";
import { useSubmit } from "@kit/ui/useSubmit";
import rows from "../Rows.module.css";
import s from "./Instances.module.css";
import { CutsNote } from "./words";

/** Entries that are named one by one before a list is taken over. */
const NAMED = 20;

/** Lists of blocked instances that instances pass on to each other. */
export function ListsSection({ lists, onChanged }: { lists: readonly TakenList[]; onChanged: () => Promise<void> }) {
  const { t, i18n } = useLingui();
  const { instance } = useSession();
  const input = useRef<HTMLInputElement>(null);
  const [taking, setTaking] = useState<{ file: Blob; preview: ListPreview } | null>(null);
  const [leaving, setLeaving] = useState<TakenList | null>(null);
  const save = useSubmit(async () => {
    saveText(`block-list-${instance?.domain ?? "instance"}.json`, JSON.stringify(await trustApi.ownList()));
  });
  const look = useSubmit(async (chosen: File) => {
    const file = new Blob([await chosen.text()], { type: "application/json" });
    setTaking({ file, preview: await trustApi.lookAtList(file) });
  });
  const day = (at: number) => i18n.date(new Date(at), { dateStyle: "medium", timeStyle: "short" });
  const wrong = fieldError(look.error, "list");
  return (
    <Section
      title={<Trans>Block lists</Trans>}
      lead={t`What you block can be saved as a signed file, and the file of another instance taken over. A newer file of the same instance takes the place of the older one; what you decided yourself stays.`}
    >
      {lists.length > 0 ? (
        <ul className={rows.list} aria-label={t`Lists that were taken over`}>
          {lists.map((list) => (
            <li key={list.domain} className={rows.row}>
              <div className={rows.text}>
                <strong>{list.domain}</strong>
                <span>
                  <Plural value={list.rules} one="# rule" other="# rules" />
                  {t` · made ${day(list.issued_at)}, taken over ${day(list.taken_at)}`}
                </span>
              </div>
              <div className={rows.acts}>
                <Button size="small" aria-label={t`Let it go: the list of ${list.domain}`} onPress={() => { setLeaving(list); }}>
                  <Trans>Let it go</Trans>
                </Button>
              </div>
            </li>
          ))}
        </ul>
      ) : null}
      {wrong ? <p role="alert" className={s.bad}>{wrong}</p> : <FormError error={look.error ?? save.error} />}
      <div className={rows.acts}>
        <Button isPending={save.pending} onPress={() => void save.run()}>
          <Trans>Save our list</Trans>
        </Button>
        <Button isPending={look.pending} onPress={() => input.current?.click()}>
          <Trans>Take a list over…</Trans>
        </Button>
      </div>
      <input
        ref={input}
        type="file"
        accept="application/json,.json"
        hidden
        aria-label={t`A block list`}
        onChange={(event) => {
          const chosen = event.target.files?.[0];
          event.target.value = "";
          if (chosen) void look.run(chosen);
        }}
      />
      <ConfirmDialog
        isOpen={taking !== null}
        onClose={() => { setTaking(null); }}
        title={<Trans>Take over the list of {taking?.preview.domain}?</Trans>}
        action={t`Take it over`}
        danger={(taking?.preview.cuts.length ?? 0) > 0}
        onConfirm={async () => {
          if (!taking) return;
          await trustApi.takeList(taking.file);
          await onChanged();
          toast(t`The list of ${taking.preview.domain} counts now.`);
        }}
      >
        {taking ? <Changes preview={taking.preview} made={day(taking.preview.issued_at)} /> : null}
      </ConfirmDialog>
      <ConfirmDialog
        isOpen={leaving !== null}
        onClose={() => { setLeaving(null); }}
        title={<Trans>Let the list of {leaving?.domain} go?</Trans>}
        action={t`Let it go`}
        onConfirm={async () => {
          if (leaving) await trustApi.letListGo(leaving.domain);
          await onChanged();
        }}
      >
        <Trans>All rules that came from it go as well. What you decided yourself stays.</Trans>
      </ConfirmDialog>
    </Section>
  );
}

function Changes({ preview, made }: { preview: ListPreview; made: string }) {
  const more = preview.added.length - NAMED;
  return (
    <Stack>
      <p>
        <Trans>Signed by {preview.domain} on {made}.</Trans>{" "}
        <Plural value={preview.added.length} _0="It blocks nothing that is not blocked already." one="# instance is blocked that was not:" other="# instances are blocked that were not:" />
      </p>
      {preview.added.length > 0 ? (
        <ul className={s.fine}>
          {preview.added.slice(0, NAMED).map((entry) => (
            <li key={entry.pattern}>
              <b>{entry.pattern}</b> {entry.reason}
            </li>
          ))}
          {more > 0 ? (
            <li>
              <Trans>and {more} more</Trans>
            </li>
          ) : null}
        </ul>
      ) : null}
      {preview.removed.length > 0 ? (
        <p>
          <Plural value={preview.removed.length} one="# rule of the older list goes." other="# rules of the older list go." />
        </p>
      ) : null}
      {preview.kept.length > 0 ? (
        <p>
          <Plural value={preview.kept.length} one="About # of them you have decided already: that stays." other="About # of them you have decided already: that stays." />
        </p>
      ) : null}
      <CutsNote cuts={preview.cuts} />
    </Stack>
  );
}
