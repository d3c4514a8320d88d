import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { CheckCircle2 } from "lucide-react";
import { Link } from "wouter";
import { isProblem } from "@kit/api";
import { accountApi } from "@kit/api/account";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Stack } from "@kit/ui/Page";
import { useHash } from "@kit/ui/useHash";
import { useSubmit } from "@kit/ui/useSubmit";

/** Confirming an e-mail address by the link that came there. It takes a press: programs that look at links do not press. */
export function ConfirmPage() {
  const token = useHash();
  return <Confirm key={token} token={token} />;
}

function Confirm({ token }: { token: string }) {
  const { t } = useLingui();
  const { instance, status } = useSession();
  const [handle, setHandle] = useState<string | null>(null);
  const submit = useSubmit(async () => {
    setHandle(await accountApi.confirmEmail(token));
  });
  if (!instance) return null;
  const on = <Link href="/">{status === "in" ? t`Go on` : t`Sign in`}</Link>;
  if (handle)
    return (
      <CardPage picture={<CheckCircle2 size={40} aria-hidden />} title={<Trans>Your address is confirmed</Trans>} after={on}>
        <p role="status">{t`Letters for ${handle}@${instance.domain} go there from now on.`}</p>
      </CardPage>
    );
  if (!token || isProblem(submit.error, "gone"))
    return (
      <CardPage title={<Trans>This link does not work (any more)</Trans>} after={on}>
        <p>
          <Trans>A link works once, and for a day. You can have another one sent in the settings, under Security.</Trans>
        </p>
      </CardPage>
    );
  return (
    <CardPage title={<Trans>Confirm your address</Trans>} lead={t`For your account at ${instance.name || instance.domain}.`} after={on}>
      <Stack>
        <FormError error={submit.error} />
        <Button variant="primary" wide autoFocus isPending={submit.pending} onPress={() => void submit.run()}>
          <Trans>Yes, this is my address</Trans>
        </Button>
      </Stack>
    </CardPage>
  );
}
