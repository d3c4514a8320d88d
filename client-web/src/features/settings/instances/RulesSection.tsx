import { useState, type ReactNode } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { trustApi, type TrustRule, type TrustSettings } from "@kit/api/trust";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { SearchField } from "@kit/ui/SearchField";
import { Section } from "@kit/ui/SettingsLayout";
import { EmptyState } from "@kit/ui/States";
import rows from "../Rows.module.css";
import type { Draft } from "./InstancesPage";
import { verdictWord } from "./words";

/** From so many rules on they are searched. */
const MANY = 12;
/** So many are listed at a time. */
const SHOWN = 200;

/** The rules that admins made or took over. */
export function RulesSection({ trust, action, onChanged, onEdit }: { trust: TrustSettings; action: ReactNode; onChanged: () => Promise<void>; onEdit: (draft: Draft) => void }) {
  const { t } = useLingui();
  const [sought, setSought] = useState("");
  const [removing, setRemoving] = useState<TrustRule | null>(null);
  const needle = sought.trim().toLowerCase();
  const found = trust.rules.filter((rule) => rule.pattern.includes(needle));
  const { configured_deny: deny, configured_allow: allow } = trust;
  const more = found.length - SHOWN;
  return (
    <Section title={<Trans>Rules</Trans>} lead={t`The most specific rule counts: one for a domain before one for everything above it.`} action={action}>
      {trust.rules.length > MANY ? <SearchField label={t`Search the rules`} value={sought} onChange={setSought} /> : null}
      {trust.rules.length === 0 ? (
        <EmptyState title={<Trans>No rules yet</Trans>}>
          <Trans>Add one to block an instance, to pause it, or to let it in.</Trans>
        </EmptyState>
      ) : (
        <ul className={rows.list} aria-label={t`Rules`}>
          {found.slice(0, SHOWN).map((rule) => (
            <li key={rule.pattern} className={rows.row}>
              <div className={rows.text}>
                <strong>{rule.pattern}</strong>
                <span>
                  {verdictWord(rule.verdict)}
                  {rule.percent === 100 ? null : <Trans> · {rule.percent} % of what is usual</Trans>}
                  {rule.reason ? ` · ${rule.reason}` : ""}
                  {rule.list ? <Trans> · from the list of {rule.list}</Trans> : null}
                </span>
                {rule.note ? <span>{t`Note: ${rule.note}`}</span> : null}
              </div>
              <div className={rows.acts}>
                <Button size="small" aria-label={t`Change the rule for ${rule.pattern}`} onPress={() => { onEdit({ ...rule, isNew: false }); }}>
                  <Trans>Change</Trans>
                </Button>
                <Button size="small" aria-label={t`Remove the rule for ${rule.pattern}`} onPress={() => { setRemoving(rule); }}>
                  <Trans>Remove</Trans>
                </Button>
              </div>
            </li>
          ))}
          {found.length === 0 ? (
            <li className={rows.row}>
              <Trans>No rule has that in its name.</Trans>
            </li>
          ) : null}
          {more > 0 ? (
            <li className={rows.row}>
              <Trans>{more} more. Search to find them.</Trans>
            </li>
          ) : null}
        </ul>
      )}
      {deny.length > 0 ? <p>{t`Blocked by the configuration: ${deny.join(", ")}`}</p> : null}
      {allow.length > 0 ? <p>{t`Allowed by the configuration: ${allow.join(", ")}`}</p> : null}
      <ConfirmDialog
        isOpen={removing !== null}
        onClose={() => { setRemoving(null); }}
        title={<Trans>Remove the rule for {removing?.pattern}?</Trans>}
        action={t`Remove`}
        onConfirm={async () => {
          if (removing) await trustApi.removeRule(removing.pattern);
          await onChanged();
        }}
      >
        <Trans>What holds for every other instance holds for it then. Where there is an exchange again, it goes on where it stood.</Trans>
      </ConfirmDialog>
    </Section>
  );
}
