import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { Trans } from "@lingui/react/macro";

/** The whole web client. */
export function App() {
  return (
    <I18nProvider i18n={i18n}>
      <Trans>ConnText</Trans>
    </I18nProvider>
  );
}
