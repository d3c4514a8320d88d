import { Trans, useLingui } from "@lingui/react/macro";
import { trustApi, type WaitingInstance } from "@kit/api/trust";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { Section } from "@kit/ui/SettingsLayout";
import { toast } from "@kit/ui/Toasts";
import { useSubmit } from "@kit/ui/useSubmit";
import rows from "../Rows.module.css";
import { draftFor, type Draft } from "./InstancesPage";

/** Instances that wait for a decision. */
export function WaitingSection({ waiting, onChanged, onDecide }: { waiting: readonly WaitingInstance[]; onChanged: () => Promise<void>; onDecide: (draft: Draft) => void }) {
  const { t } = useLingui();
  return (
    <Section title={<Trans>Waiting for you</Trans>} lead={t`Nothing goes to them or comes from them until you decide.`}>
      <ul className={rows.list} aria-label={t`Waiting for you`}>
        {waiting.map((instance) => (
          <Waiting key={instance.domain} instance={instance} onChanged={onChanged} onDecide={onDecide} />
        ))}
      </ul>
    </Section>
  );
}

function Waiting({ instance, onChanged, onDecide }: { instance: WaitingInstance; onChanged: () => Promise<void>; onDecide: (draft: Draft) => void }) {
  const { t, i18n } = useLingui();
  const { domain } = instance;
  const when = i18n.date(new Date(instance.since), { dateStyle: "medium", timeStyle: "short" });
  const letIn = useSubmit(async () => {
    await trustApi.setRule(domain, { verdict: "allow", percent: 100, reason: "", note: "" });
    await onChanged();
    toast(t`${domain} may come now.`);
  });
  const later = useSubmit(async () => {
    await trustApi.turnAway(domain);
    await onChanged();
  });
  return (
    <li className={rows.row}>
      <div className={rows.text}>
        <strong>{domain}</strong>
        <span>
          {instance.asked && instance.wanted ? (
            <Trans>It asked, and people here want to go there · since {when}</Trans>
          ) : instance.asked ? (
            <Trans>It asked · {when}</Trans>
          ) : (
            <Trans>People here want to go there · {when}</Trans>
          )}
        </span>
        <FormError error={letIn.error ?? later.error} />
      </div>
      <div className={rows.acts}>
        <Button size="small" variant="plain" isPending={later.pending} aria-label={t`Not now: ${domain}`} onPress={() => void later.run()}>
          <Trans>Not now</Trans>
        </Button>
        <Button size="small" aria-label={t`Block ${domain}`} onPress={() => { onDecide(draftFor(domain)); }}>
          <Trans>Block</Trans>
        </Button>
        <Button size="small" variant="primary" aria-label={t`Let in ${domain}`} isPending={letIn.pending} onPress={() => void letIn.run()}>
          <Trans>Let in</Trans>
        </Button>
      </div>
    </li>
  );
}
