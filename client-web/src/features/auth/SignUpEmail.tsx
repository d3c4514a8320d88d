import { useState, type FormEvent, type ReactNode } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { accountApi } from "@kit/api/account";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Stack } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import { MailSent } from "./MailSent";
import { useWork } from "./useWork";

const KEY = "conntext.sign-up";

/** What stood behind the `?` of the page when the letter was asked for: its link leads back here without that. */
export function rememberedSearch(): string {
  return localStorage.getItem(KEY) ?? "";
}

export function forgetSearch(): void {
  localStorage.removeItem(KEY);
}

/** Where accounts have an e-mail address: it comes first, and a letter leads on. */
export function SignUpEmail({ search, after }: { search: string; after: ReactNode }) {
  const { t } = useLingui();
  const { instance } = useSession();
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const withWork = useWork(true);
  const submit = useSubmit(async () => {
    await withWork((work) => accountApi.registerEmail({ email, ...(work ? { work } : {}) }));
    localStorage.setItem(KEY, search);
    setSent(true);
  });
  if (!instance) return null;
  if (sent)
    return (
      <MailSent
        what={t`A letter to ${email} is on its way. Its link leads on; it works for a day.`}
        nothingCame={<Trans>Nothing came after a few minutes? Look into the folder for spam, and see whether the address is right.</Trans>}
        again={<Trans>Another address</Trans>}
        onAgain={() => { setSent(false); }}
        after={after}
      />
    );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (email.trim()) void submit.run();
  };
  return (
    <CardPage title={<Trans>Create your account</Trans>} lead={t`Accounts at ${instance.domain} have an e-mail address. Nobody but you and those who run this place sees it.`} after={after}>
      <form noValidate onSubmit={onSubmit}>
        <Stack>
          <TextField label={t`E-mail address`} type="email" name="email" value={email} onChange={setEmail} autoComplete="email" isRequired autoFocus maxLength={254} error={fieldError(submit.error, "email")} />
          <FormError error={submit.error} fields={["email"]} />
          <Button type="submit" variant="primary" wide isPending={submit.pending}>
            <Trans>Send me a link</Trans>
          </Button>
        </Stack>
      </form>
    </CardPage>
  );
}
