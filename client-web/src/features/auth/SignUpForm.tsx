import { useState, type FormEvent, type ReactNode } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { api, isProblem } from "@kit/api";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { deviceName } from "@kit/ui/device";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Stack } from "@kit/ui/Page";
import { PasswordField } from "@kit/ui/PasswordField";
import { fieldError } from "@kit/ui/problem";
import { StrengthMeter } from "@kit/ui/StrengthMeter";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import { HandleField } from "./AccountFields";
import { useWork } from "./useWork";

type Registered = Awaited<ReturnType<typeof api.register>>;

export interface SignUpFormProps {
  /** The code of the invitation that led here, or nothing. */
  invited: string;
  /** What a letter brought, where accounts have an e-mail address. */
  letter: { token: string; address: string } | null;
  after: ReactNode;
  onDone: (created: Registered) => void;
  /** The letter's link does not work any more. */
  onLinkRefused: () => void;
}

/** The code in what somebody pasted: the invitation's whole link, or the code alone. */
function registrationCode(text: string): string {
  return (/[?&]invite=([^&#\s]+)/.exec(text)?.[1] ?? text).trim();
}

/** Whether an error says that a letter's link was used, or is too old. */
export function refusesLink(error: unknown): boolean {
  return isProblem(error, "email_taken") || isProblem(error, "gone");
}

/** What a new account needs, by how this place takes new people. */
export function SignUpForm({ invited, letter, after, onDone, onLinkRefused }: SignUpFormProps) {
  const { t } = useLingui();
  const { instance } = useSession();
  const [invite, setInvite] = useState(invited);
  const [handle, setHandle] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const [reason, setReason] = useState("");
  const [email, setEmail] = useState("");
  const byInvitation = instance?.registration === "invite";
  // An invitation spares the waiting, while it is good.
  const [spent, setSpent] = useState(false);
  const byApproval = instance?.registration === "approval" && (!invited || spent);
  const withWork = useWork(!letter && (instance?.registration === "open" || byApproval));
  const submit = useSubmit(async () => {
    const name = displayName.trim();
    try {
      const created = await withWork((work) =>
        api.register({
          handle,
          password,
          device: deviceName(navigator.userAgent),
          ...(byInvitation || (invited && !spent) ? { invite: registrationCode(invite) } : {}),
          ...(byApproval ? { reason } : {}),
          ...(name ? { display_name: name } : {}),
          ...(letter ? { email_token: letter.token } : email ? { email } : {}),
          ...(work ? { work } : {}),
        }),
      );
      onDone(created);
    } catch (error) {
      if (isProblem(error, "invite_unknown")) setSpent(true);
      if (letter && refusesLink(error)) onLinkRefused();
      throw error;
    }
  });
  if (!instance) return null;
  const least = instance.limits.password_min;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (handle && password && (!byInvitation || invite.trim())) void submit.run();
  };
  return (
    <CardPage title={<Trans>Create your account</Trans>} lead={t`It lives at ${instance.domain} and works in communities everywhere.`} after={after}>
      <form noValidate onSubmit={onSubmit}>
        <Stack>
          {byInvitation && !invited ? (
            <TextField
              label={t`Invitation`}
              value={invite}
              onChange={setInvite}
              isRequired
              autoFocus
              autoComplete="off"
              spellCheck="false"
              help={t`${instance.domain} takes new people by invitation. Paste the link or code that you got from whoever runs it.`}
            />
          ) : null}
          <HandleField
            value={handle}
            onChange={setHandle}
            domain={instance.domain}
            error={submit.error}
            autoFocus={!byInvitation || invited !== ""}
            help={handle ? t`People everywhere will find you as ${handle}@${instance.domain}.` : t`Small letters, digits and - _ . are allowed.`}
          />
          <TextField label={t`Name to show (you can change it later)`} value={displayName} onChange={setDisplayName} autoComplete="nickname" maxLength={64} error={fieldError(submit.error, "display_name")} />
          <PasswordField label={t`Password`} name="password" value={password} onChange={setPassword} autoComplete="new-password" isRequired help={t`At least ${least} characters.`} error={fieldError(submit.error, "password")} />
          <StrengthMeter password={password} about={[handle, displayName, instance.domain]} />
          {letter ? <TextField label={t`E-mail address`} value={letter.address} isReadOnly /> : null}
          {instance.email === "optional" ? (
            <TextField label={t`E-mail address (if you like)`} type="email" name="email" value={email} onChange={setEmail} autoComplete="email" maxLength={254} help={t`For a new password when you forget yours. Others do not see it.`} error={fieldError(submit.error, "email")} />
          ) : null}
          {byApproval ? (
            <TextField label={t`Who are you?`} name="reason" value={reason} onChange={setReason} multiline maxLength={500} help={t`Somebody who looks after ${instance.domain} reads this before you are let in.`} error={fieldError(submit.error, "reason")} />
          ) : null}
          <FormError error={submit.error} fields={["handle", "password", "display_name", "reason", "email"]} />
          <Button type="submit" variant="primary" wide isPending={submit.pending}>
            {byApproval ? t`Ask for an account` : t`Create account`}
          </Button>
        </Stack>
      </form>
    </CardPage>
  );
}
