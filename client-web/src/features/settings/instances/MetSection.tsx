import { Trans, useLingui } from "@lingui/react/macro";
import type { MetInstance, TrustSettings } from "@kit/api/trust";
import { Button } from "@kit/ui/Button";
import { Section } from "@kit/ui/SettingsLayout";
import { EmptyState } from "@kit/ui/States";
import rows from "../Rows.module.css";
import { draftFor, type Draft } from "./InstancesPage";
import { Common, refusedWord } from "./words";

/** The instances that this one has met. */
export function MetSection({ trust, onEdit }: { trust: TrustSettings; onEdit: (draft: Draft) => void }) {
  const { t } = useLingui();
  const edit = (domain: string) => {
    const rule = trust.rules.find((known) => known.pattern === domain);
    onEdit(rule ? { ...rule, isNew: false } : draftFor(domain));
  };
  return (
    <Section title={<Trans>Instances that we met</Trans>}>
      {trust.instances.length === 0 ? (
        <EmptyState title={<Trans>None yet</Trans>}>
          <Trans>They appear here when people of other instances come, or people of this one go there.</Trans>
        </EmptyState>
      ) : (
        <ul className={rows.list} aria-label={t`Instances that we met`}>
          {trust.instances.map((instance) => (
            <li key={instance.domain} className={rows.row}>
              <div className={rows.text}>
                <strong>{instance.domain}</strong>
                <span>
                  <Standing instance={instance} />
                </span>
                <span title={instance.common.communities.join(", ")}>
                  <Common common={instance.common} />
                </span>
              </div>
              <div className={rows.acts}>
                <Button size="small" aria-label={t`Decide about ${instance.domain}`} onPress={() => { edit(instance.domain); }}>
                  <Trans>Decide</Trans>
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Standing({ instance }: { instance: MetInstance }) {
  const { t, i18n } = useLingui();
  if (instance.refused) return <b>{refusedWord(instance.refused)}</b>;
  const seen = i18n.date(new Date(instance.last_contact), { dateStyle: "medium", timeStyle: "short" });
  const isNew = instance.new_for_ms > 0 ? t` · new: may send less for now` : "";
  if (instance.standing === "answers") return t`Answers` + isNew;
  const last = instance.last_contact > 0 ? t`Does not answer; last heard from on ${seen}` : t`Does not answer`;
  return last + isNew;
}
