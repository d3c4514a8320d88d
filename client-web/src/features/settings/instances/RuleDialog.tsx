import { useEffect, useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { trustApi, type Verdict } from "@kit/api/trust";
import { Button } from "@kit/ui/Button";
import { ChoiceField } from "@kit/ui/ChoiceField";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Stack } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { TextField } from "@kit/ui/TextField";
import { toast } from "@kit/ui/Toasts";
import { useSubmit } from "@kit/ui/useSubmit";
import type { Draft } from "./InstancesPage";
import { CutsNote } from "./words";

/** How long typing has to pause before it is asked what a rule would cut off. */
const PAUSE_MS = 400;

/** Makes or changes a rule, and says before what it would cut off. */
export function RuleDialog({ draft, onClose, onSaved }: { draft: Draft; onClose: () => void; onSaved: () => Promise<void> }) {
  const { t } = useLingui();
  const [pattern, setPattern] = useState(draft.pattern);
  const [verdict, setVerdict] = useState<Verdict>(draft.verdict);
  const [percent, setPercent] = useState(String(draft.percent));
  const [reason, setReason] = useState(draft.reason);
  const [note, setNote] = useState(draft.note);
  const settled = useSettled(pattern.trim());
  const cuts = useQuery({
    queryKey: ["trust", "rule", settled, verdict],
    queryFn: ({ signal }) => trustApi.preview({ rule: { pattern: settled, verdict } }, signal),
    enabled: settled.includes(".") && verdict !== "allow",
    retry: false,
  });
  const submit = useSubmit(async () => {
    await trustApi.setRule(pattern.trim(), { verdict, percent: Number(percent), reason, note });
    await onSaved();
    toast(t`The rule for ${pattern} counts now.`);
    onClose();
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (pattern.trim()) void submit.run();
  };
  const cutting = verdict !== "allow" && (cuts.data?.length ?? 0) > 0;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={draft.isNew ? <Trans>A rule about another instance</Trans> : <Trans>The rule for {draft.pattern}</Trans>}
      footer={
        <>
          <Button onPress={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" form="trust-rule" variant={cutting ? "danger" : "primary"} isPending={submit.pending} isDisabled={!pattern.trim()}>
            <Trans>Save</Trans>
          </Button>
        </>
      }
    >
      <form id="trust-rule" noValidate onSubmit={onSubmit}>
        <Stack>
          {draft.isNew ? (
            <TextField label={t`Domain`} value={pattern} onChange={setPattern} autoFocus={draft.pattern === ""} placeholder="chat.example.org" spellCheck="false" autoComplete="off" help={<Trans>Everything below a domain is written as *.example.org.</Trans>} error={fieldError(submit.error, "pattern")} />
          ) : null}
          <ChoiceField
            label={t`What to do`}
            layout="cards"
            value={verdict}
            onChange={setVerdict}
            choices={[
              { id: "allow", name: t`Speak with it`, help: t`Also where others have to wait.` },
              { id: "pause", name: t`Pause`, help: t`Nothing goes or comes for a while. Afterwards everything goes on where it stood.` },
              { id: "block", name: t`Block`, help: t`Nothing goes or comes, and nothing that comes from there is shown.` },
            ]}
          />
          {verdict === "allow" ? (
            <TextField label={t`How much it may send, in percent of what is usual`} type="number" value={percent} onChange={setPercent} inputMode="numeric" error={fieldError(submit.error, "percent")} />
          ) : null}
          {verdict === "block" || reason ? (
            <TextField label={t`Reason`} value={reason} onChange={setReason} maxLength={300} help={<Trans>People here see it where it concerns them, and it stands in the list that others can take over.</Trans>} error={fieldError(submit.error, "reason")} />
          ) : null}
          <TextField label={t`Note for admins`} value={note} onChange={setNote} maxLength={1000} multiline error={fieldError(submit.error, "note")} />
          {verdict === "allow" ? null : <CutsNote cuts={cuts.data ?? []} />}
          <FormError error={submit.error} fields={["pattern", "percent", "reason", "note"]} />
        </Stack>
      </form>
    </Dialog>
  );
}

/** A text once it has stood still for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => { setSettled(text); }, PAUSE_MS);
    return () => { clearTimeout(timer); };
  }, [text]);
  return settled;
}
