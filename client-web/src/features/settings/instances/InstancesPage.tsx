import { useEffect, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { trustApi, type TrustRule } from "@kit/api/trust";
import { useMe } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { HostedSection } from "./HostedSection";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { ListsSection } from "./ListsSection";
import { MetSection } from "./MetSection";
import { ModeSection } from "./ModeSection";
import { RuleDialog } from "./RuleDialog";
import { RulesSection } from "./RulesSection";
import { WaitingSection } from "./WaitingSection";

/** What the rule dialog begins with. */
export type Draft = Pick<TrustRule, "pattern" | "verdict" | "percent" | "reason" | "note"> & { isNew: boolean };

/** A rule about a domain as nobody has decided yet. */
export function draftFor(pattern: string): Draft {
  return { pattern, verdict: "block", percent: 100, reason: "", note: "", isNew: true };
}

/** For admins of the instance: with whom it speaks. */
export function InstancesPage() {
  const { t } = useLingui();
  const { instances_waiting: waiting } = useMe();
  const query = useQuery({ queryKey: ["trust"], queryFn: () => trustApi.get() });
  const { refetch } = query;
  const [draft, setDraft] = useState<Draft | null>(null);
  useEffect(() => {
    void refetch();
  }, [waiting, refetch]);
  if (query.isPending) return <SkeletonRows rows={4} label={t`Loading`} />;
  if (query.isError) return <FailedState error={query.error} onRetry={() => void refetch()} />;
  const changed = async () => {
    await refetch();
  };
  const trust = query.data;
  return (
    <>
      {trust.waiting.length > 0 ? <WaitingSection waiting={trust.waiting} onChanged={changed} onDecide={setDraft} /> : null}
      <ModeSection mode={trust.mode} configured={trust.configured_mode} onChanged={changed} />
      <RulesSection
        trust={trust}
        onChanged={changed}
        onEdit={setDraft}
        action={
          <Button onPress={() => { setDraft(draftFor("")); }}>
            <Trans>Add a rule</Trans>
          </Button>
        }
      />
      <MetSection trust={trust} onEdit={setDraft} />
      <ListsSection lists={trust.lists} onChanged={changed} />
      <HostedSection />
      {draft ? <RuleDialog draft={draft} onClose={() => { setDraft(null); }} onSaved={changed} /> : null}
    </>
  );
}
