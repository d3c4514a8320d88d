import { useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { ApiProblem, api, isProblem } from "@kit/api";
import { useMe, useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { Stack } from "@kit/ui/Page";
import { PasswordField } from "@kit/ui/PasswordField";
import { fieldError } from "@kit/ui/problem";
import { Section } from "@kit/ui/SettingsLayout";
import { StrengthMeter } from "@kit/ui/StrengthMeter";
import { toast } from "@kit/ui/Toasts";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";

/** Changing the password, with the current one as proof; or choosing the first one. */
export function PasswordSection() {
  const { t } = useLingui();
  const { user, password: has } = useMe();
  const { instance } = useSession();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const proof = useProof();
  const submit = useSubmit(async () => {
    await proof.proven(() => api.me.changePassword(current, next));
    setCurrent("");
    setNext("");
    toast(has ? t`Your password is changed.` : t`You have a password now.`);
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if ((current || !has) && next) void submit.run();
  };
  const wrong = isProblem(submit.error, "bad_credentials");
  const nextError = submit.error instanceof ApiProblem ? (fieldError(submit.error, "new") ?? fieldError(submit.error, "password")) : undefined;
  return (
    <Section title={<Trans>Password</Trans>} lead={has ? undefined : t`You sign in with another service. With a password you can sign in without it as well.`}>
      <form onSubmit={onSubmit}>
        <Stack>
          <input type="text" name="username" autoComplete="username" value={`${user.handle}@${user.domain}`} readOnly hidden />
          {has ? <PasswordField label={t`Current password`} value={current} onChange={setCurrent} autoComplete="current-password" error={wrong ? t`This is not your current password.` : fieldError(submit.error, "current")} /> : null}
          <PasswordField label={t`New password`} value={next} onChange={setNext} autoComplete="new-password" error={nextError} {...(instance ? { help: t`At least ${instance.limits.password_min} characters.` } : {})} />
          <StrengthMeter password={next} about={[user.handle, user.display_name, user.domain]} />
          {wrong ? null : <FormError error={submit.error} fields={["current", "new", "password"]} />}
          <div>
            <Button type="submit" variant="primary" isDisabled={(has && !current) || !next} isPending={submit.pending}>
              {has ? <Trans>Change password</Trans> : <Trans>Set a password</Trans>}
            </Button>
          </div>
        </Stack>
      </form>
      {proof.dialog}
    </Section>
  );
}
