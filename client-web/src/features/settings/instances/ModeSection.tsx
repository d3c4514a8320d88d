import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { trustApi, type TrustMode } from "@kit/api/trust";
import { ChoiceField } from "@kit/ui/ChoiceField";
import { CheckField } from "@kit/ui/CheckField";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { Stack } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { toast } from "@kit/ui/Toasts";
import { CutsNote } from "./words";

const MODES: readonly TrustMode[] = ["open", "review", "allowlist", "closed"];

/** Whom this instance speaks with where no rule says otherwise. */
export function ModeSection({ mode, configured, onChanged }: { mode: TrustMode; configured: TrustMode; onChanged: () => Promise<void> }) {
  const { t } = useLingui();
  const [next, setNext] = useState<TrustMode | null>(null);
  const [keep, setKeep] = useState(true);
  const cuts = useQuery({
    queryKey: ["trust", "mode", next],
    queryFn: ({ signal }) => trustApi.preview(next ? { mode: next } : {}, signal),
    enabled: next !== null,
  });
  const names: Record<TrustMode, string> = {
    open: t`Everybody`,
    review: t`New ones wait for you`,
    allowlist: t`Listed ones only`,
    closed: t`Nobody`,
  };
  const help: Record<TrustMode, string> = {
    open: t`Every instance may come, unless a rule blocks it.`,
    review: t`Whoever comes for the first time waits until you let it in. You are told.`,
    allowlist: t`Only those that a rule below allows.`,
    closed: t`This instance stands alone.`,
  };
  const possible = MODES.slice(MODES.indexOf(configured));
  const off = cuts.data ?? [];
  const canKeep = next === "review" || next === "allowlist";
  const chosen = next ? names[next] : "";
  return (
    <Section
      title={<Trans>Who may come</Trans>}
      lead={possible.length < MODES.length ? t`The configuration of this instance allows nothing laxer than the first of these.` : t`This holds for every instance about which no rule says anything else.`}
    >
      <ChoiceField
        label={t`Who may come`}
        labelHidden
        layout="cards"
        value={mode}
        onChange={(id) => {
          setKeep(true);
          if (id !== mode) setNext(id);
        }}
        choices={possible.map((id) => ({ id, name: names[id], help: help[id] }))}
      />
      <ConfirmDialog
        isOpen={next !== null}
        onClose={() => { setNext(null); }}
        title={<Trans>Change to “{chosen}”?</Trans>}
        action={t`Change`}
        danger={off.length > 0 && !(canKeep && keep)}
        onConfirm={async () => {
          if (next) await trustApi.setMode(next, canKeep && keep);
          await onChanged();
          toast(t`From now on: ${chosen}.`);
        }}
      >
        <Stack>
          <p>{next ? help[next] : ""}</p>
          {off.length > 0 && canKeep ? (
            <CheckField isSelected={keep} onChange={setKeep}>
              <Trans>Allow those that we share communities with now</Trans>
            </CheckField>
          ) : null}
          {canKeep && keep ? null : <CutsNote cuts={off} />}
        </Stack>
      </ConfirmDialog>
    </Section>
  );
}
