import { useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useLocation } from "wouter";
import { api, isProblem } from "@kit/api";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Stack } from "@kit/ui/Page";
import { PasswordField } from "@kit/ui/PasswordField";
import { fieldError } from "@kit/ui/problem";
import { StrengthMeter } from "@kit/ui/StrengthMeter";
import { toast } from "@kit/ui/Toasts";
import { useHash } from "@kit/ui/useHash";
import { useSubmit } from "@kit/ui/useSubmit";
import { InsecureNotice } from "./InsecureNotice";

/** A new password by a recovery link, whose token stands behind the `#`. */
export function RecoverPage() {
  const token = useHash();
  return <Recover key={token} token={token} />;
}

function Recover({ token }: { token: string }) {
  const { t } = useLingui();
  const { instance, refresh } = useSession();
  const [, navigate] = useLocation();
  const [password, setPassword] = useState("");
  const submit = useSubmit(async () => {
    await api.recover(token, password);
    toast(t`Your password is changed. Sign in with it.`);
    // Whoever was signed in here is not any more.
    refresh();
    navigate("/sign-in", { replace: true });
  });
  if (!instance) return null;
  if (instance.insecure) return <InsecureNotice />;
  if (!token || isProblem(submit.error, "gone"))
    return (
      <CardPage title={<Trans>This link does not work (any more)</Trans>} after={<Link href="/sign-in">{t`Sign in`}</Link>}>
        <p>
          {instance.mail ? (
            <Trans>
              A recovery link works once, and for an hour. <Link href="/forgot">Have a new one sent</Link>
            </Trans>
          ) : (
            <Trans>A recovery link works once, and for an hour. Ask whoever runs this place for a new one.</Trans>
          )}
        </p>
      </CardPage>
    );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (password) void submit.run();
  };
  const least = instance.limits.password_min;
  return (
    <CardPage title={<Trans>Choose a new password</Trans>} lead={t`For your account at ${instance.name || instance.domain}. All your devices are signed out then.`}>
      <form onSubmit={onSubmit}>
        <Stack>
          <PasswordField label={t`New password`} name="password" value={password} onChange={setPassword} autoComplete="new-password" isRequired autoFocus help={t`At least ${least} characters.`} error={fieldError(submit.error, "password")} />
          <StrengthMeter password={password} about={[instance.domain]} />
          <FormError error={submit.error} fields={["password"]} />
          <Button type="submit" variant="primary" wide isPending={submit.pending}>
            <Trans>Change password</Trans>
          </Button>
        </Stack>
      </form>
    </CardPage>
  );
}
