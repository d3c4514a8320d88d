import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { identityApi } from "@kit/api/identity";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { Note } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import s from "../Rows.module.css";

/** For admins: the profiles that this instance keeps for people of others. */
export function HostedSection() {
  const { t } = useLingui();
  const query = useQuery({ queryKey: ["hosted-profiles"], queryFn: () => identityApi.hosted() });
  const [leaving, setLeaving] = useState<string | null>(null);
  const data = query.data;
  if (!data) return null;
  const kept = data.homes.reduce((sum, home) => sum + home.profiles, 0);
  return (
    <Section title={<Trans>Profiles kept for others</Trans>} lead={t`People of other instances can have their profile kept here, where the configuration offers it.`}>
      <Note>
        {data.offered ? (
          <Trans>
            {kept} of at most {data.max_profiles} are kept, and at most {data.max_per_instance} of one instance.
          </Trans>
        ) : (
          <Trans>This instance does not offer it. To change that, set profile_hosting.offer in its configuration.</Trans>
        )}
      </Note>
      {data.homes.length > 0 ? (
        <ul className={s.list} aria-label={t`Profiles kept for others`}>
          {data.homes.map((home) => (
            <li key={home.domain} className={s.row}>
              <div className={s.text}>
                <strong>{home.domain}</strong>
                <span>
                  <Plural value={home.profiles} one="# profile" other="# profiles" />
                </span>
              </div>
              <div className={s.acts}>
                <Button aria-label={t`Stop keeping profiles of ${home.domain}`} onPress={() => { setLeaving(home.domain); }}>
                  <Trans>Stop</Trans>
                </Button>
              </div>
            </li>
          ))}
        </ul>
      ) : null}
      <ConfirmDialog
        isOpen={leaving !== null}
        onClose={() => { setLeaving(null); }}
        title={<Trans>Stop keeping profiles of {leaving}?</Trans>}
        action={t`Stop keeping them`}
        danger
        onConfirm={async () => {
          if (leaving) await identityApi.letGo(leaving);
          await query.refetch();
        }}
      >
        <Trans>They are erased here, and these people’s home takes them back. The same people cannot choose this instance again.</Trans>
      </ConfirmDialog>
    </Section>
  );
}
