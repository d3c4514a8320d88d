import { Trans } from "@lingui/react/macro";
import { CardPage, Note } from "@kit/ui/Page";

/** Shown in place of every form with a password while the connection is not encrypted. */
export function InsecureNotice() {
  const secure = `https://${location.host}${location.pathname}${location.search}`;
  return (
    <CardPage title={<Trans>This connection is not encrypted</Trans>}>
      <p>
        <Trans>Anybody between you and this place could read your password, so signing in is refused here.</Trans>
      </p>
      <p>
        <a href={secure}>
          <Trans>Try the encrypted address</Trans>
        </a>
      </p>
      <Note>
        <strong>
          <Trans>If you run this place</Trans>
        </strong>
        <p>
          <Trans>Give it a certificate, or put it behind a proxy that has one. On the machine itself, http://localhost works.</Trans>
        </p>
      </Note>
    </CardPage>
  );
}
