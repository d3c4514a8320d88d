import { Trans } from "@lingui/react/macro";
import { useMe, useSession } from "@kit/live";
import { Section } from "@kit/ui/SettingsLayout";
import s from "./AboutPage.module.css";

/** What this is, where it runs, which version. */
export function AboutPage() {
  const { instance } = useSession();
  const me = useMe();
  if (!instance) return null;
  return (
    <Section>
      <dl className={s.facts}>
        <dt>
          <Trans>Your place</Trans>
        </dt>
        <dd>
          {instance.name ? `${instance.name}, ` : ""}
          {instance.domain}
        </dd>
        <dt>
          <Trans>Version</Trans>
        </dt>
        <dd>ConnText {instance.version}</dd>
        {me.admin ? (
          <>
            <dt>
              <Trans>Your part</Trans>
            </dt>
            <dd>
              <Trans>You look after this place.</Trans>
            </dd>
          </>
        ) : null}
        <dt>
          <Trans>For programs</Trans>
        </dt>
        <dd>
          <a href="/api/docs" target="_blank" rel="noreferrer">
            <Trans>Description of the interface</Trans>
          </a>
        </dd>
        <dt>
          <Trans>Licence</Trans>
        </dt>
        <dd>
          <Trans>Free software under the GNU Affero General Public License, version 3 or later.</Trans>
        </dd>
      </dl>
    </Section>
  );
}
