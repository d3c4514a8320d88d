import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, Redirect, useLocation, useSearch } from "wouter";
import { api, isProblem } from "@kit/api";
import { accountApi } from "@kit/api/account";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ButtonLink } from "@kit/ui/ButtonLink";
import { deviceName } from "@kit/ui/device";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Stack } from "@kit/ui/Page";
import { PasswordField } from "@kit/ui/PasswordField";
import { fieldError } from "@kit/ui/problem";
import { returnTo, signInPath } from "@kit/ui/return-to";
import { FailedState } from "@kit/ui/States";
import { StrengthMeter } from "@kit/ui/StrengthMeter";
import { TextField } from "@kit/ui/TextField";
import { useHash } from "@kit/ui/useHash";
import { useSubmit } from "@kit/ui/useSubmit";
import { HandleField } from "./AccountFields";
import { InsecureNotice } from "./InsecureNotice";
import { SignUpEmail, forgetSearch, rememberedSearch } from "./SignUpEmail";
import { useWork } from "./useWork";

/** The code in what somebody pasted: the invitation's whole link, or the code alone. */
function registrationCode(text: string): string {
  return (/[?&]invite=([^&#\s]+)/.exec(text)?.[1] ?? text).trim();
}

/**
 * Creating an account; afterwards the page goes on where `?return=` says. `?invite=` is the code of an invitation to this
 * place, for those that take new people by invitation only. Behind the `#` stands what a letter brought, where accounts have
 * an e-mail address.
 */
export function SignUpPage() {
  const { t } = useLingui();
  const { instance, status, signedIn } = useSession();
  const [, navigate] = useLocation();
  const token = useHash();
  const asked = useSearch();
  const search = asked || (token ? rememberedSearch() : "");
  const target = returnTo(search);
  const invited = new URLSearchParams(search).get("invite") ?? "";
  const [invite, setInvite] = useState(invited);
  const [handle, setHandle] = useState("");
  const [displayName, setDisplayName] = useState("");
  const [password, setPassword] = useState("");
  const [reason, setReason] = useState("");
  const [email, setEmail] = useState("");
  const [waiting, setWaiting] = useState<string | null>(null);
  const byInvitation = instance?.registration === "invite";
  // An invitation spares the waiting, while it is good.
  const [spent, setSpent] = useState(false);
  const byApproval = instance?.registration === "approval" && (!invited || spent);
  const emailFirst = instance?.email === "required";
  const confirmed = useQuery({ queryKey: ["sign-up", token], queryFn: () => accountApi.registeredEmail(token), enabled: emailFirst && token !== "", retry: false });
  const strange = instance?.registration === "open" || byApproval;
  const withWork = useWork(strange && !emailFirst);
  const register = async (body: Parameters<typeof api.register>[0]) => {
    try {
      return await api.register(body);
    } catch (error) {
      if (isProblem(error, "invite_unknown")) setSpent(true);
      throw error;
    }
  };
  const submit = useSubmit(async () => {
    const name = displayName.trim();
    const created = await withWork((work) =>
      register({
        handle,
        password,
        device: deviceName(navigator.userAgent),
        ...(byInvitation || (invited && !spent) ? { invite: registrationCode(invite) } : {}),
        ...(byApproval ? { reason } : {}),
        ...(name ? { display_name: name } : {}),
        ...(emailFirst ? { email_token: token } : email ? { email } : {}),
        ...(work ? { work } : {}),
      }),
    );
    forgetSearch();
    if (!("me" in created)) {
      setWaiting(created.handle);
      return;
    }
    signedIn(created);
    navigate(target, { replace: true });
  });

  if (status === "in" && !submit.pending) return <Redirect to={target} replace />;
  if (!instance) return null;
  if (instance.insecure) return <InsecureNotice />;
  const signIn = (
    <Trans>
      Already have an account here? <Link href={signInPath(target)}>Sign in</Link>
    </Trans>
  );
  if (instance.registration === "closed")
    return (
      <CardPage title={<Trans>No new accounts here</Trans>} after={signIn}>
        <p>{t`${instance.domain} does not take new accounts at the moment. You can join its communities with an account of another place.`}</p>
      </CardPage>
    );
  if (waiting)
    return (
      <CardPage title={<Trans>You are on the list</Trans>}>
        <Stack>
          <p>{t`The people who look after ${instance.domain} decide who comes in. Your name ${waiting} is kept for you meanwhile.`}</p>
          <p>
            <Trans>Come back later and sign in with your password: you are in as soon as it works.</Trans>
          </p>
          <Button variant="primary" wide autoFocus onPress={() => { navigate(signInPath(target)); }}>
            <Trans>To the sign-in page</Trans>
          </Button>
        </Stack>
      </CardPage>
    );
  if (emailFirst && !token) return <SignUpEmail search={search} after={signIn} />;
  const refused = confirmed.error ?? submit.error;
  if (isProblem(refused, "email_taken") || isProblem(refused, "gone"))
    return (
      <CardPage title={<Trans>This link does not work (any more)</Trans>} after={signIn}>
        <Stack>
          <p>
            <Trans>A link works for a day, and for one account. If you have an account with this address, sign in.</Trans>
          </p>
          <ButtonLink href={`/sign-up${search ? `?${search}` : ""}`} variant="primary">
            <Trans>Begin again</Trans>
          </ButtonLink>
        </Stack>
      </CardPage>
    );
  if (confirmed.isError)
    return (
      <CardPage after={signIn}>
        <FailedState error={confirmed.error} onRetry={() => void confirmed.refetch()} />
      </CardPage>
    );
  if (emailFirst && confirmed.isPending) return null;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (handle && password && (!byInvitation || invite.trim())) void submit.run();
  };
  const least = instance.limits.password_min;
  return (
    <CardPage title={<Trans>Create your account</Trans>} lead={t`It lives at ${instance.domain} and works in communities everywhere.`} after={signIn}>
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
          {emailFirst ? <TextField label={t`E-mail address`} value={confirmed.data ?? ""} isReadOnly /> : null}
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
