import { useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, Redirect } from "wouter";
import { accountApi } from "@kit/api/account";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Stack } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import { InsecureNotice } from "./InsecureNotice";
import { MailSent } from "./MailSent";

/** Asking for a link to a new password, which comes by mail. */
export function ForgotPage() {
  const { t } = useLingui();
  const { instance } = useSession();
  const [who, setWho] = useState("");
  const [sent, setSent] = useState(false);
  const submit = useSubmit(async () => {
    await accountApi.forgot(who);
    setSent(true);
  });
  if (!instance) return null;
  if (instance.insecure) return <InsecureNotice />;
  if (!instance.mail) return <Redirect to="/sign-in" replace />;
  const signIn = <Link href="/sign-in">{t`Back to sign in`}</Link>;
  if (sent)
    return (
      <MailSent
        what={t`If ${who} has an account here with a confirmed address, a letter with a link is on its way. The link works once, and for an hour.`}
        nothingCame={<Trans>Nothing came after a few minutes? Look into the folder for spam. Whoever runs this place can give you a link, too.</Trans>}
        again={<Trans>Try another name</Trans>}
        onAgain={() => { setSent(false); }}
        after={signIn}
      />
    );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (who.trim()) void submit.run();
  };
  return (
    <CardPage title={<Trans>Forgot your password?</Trans>} lead={t`You get a link by mail with which you choose a new one.`} after={signIn}>
      <form onSubmit={onSubmit}>
        <Stack>
          <TextField label={t`Name or e-mail address`} name="username" value={who} onChange={setWho} autoComplete="username" spellCheck="false" isRequired autoFocus maxLength={320} error={fieldError(submit.error, "who")} />
          <FormError error={submit.error} fields={["who"]} />
          <Button type="submit" variant="primary" wide isPending={submit.pending}>
            <Trans>Send me a link</Trans>
          </Button>
        </Stack>
      </form>
    </CardPage>
  );
}
