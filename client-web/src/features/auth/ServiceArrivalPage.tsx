import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { Redirect, useLocation } from "wouter";
import { oidcApi, type OidcArrival } from "@kit/api/oidc";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ButtonLink } from "@kit/ui/ButtonLink";
import { deviceName } from "@kit/ui/device";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Stack } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { SkeletonRows } from "@kit/ui/States";
import { TextField } from "@kit/ui/TextField";
import { useHash } from "@kit/ui/useHash";
import { useSubmit } from "@kit/ui/useSubmit";
import { HandleField } from "./AccountFields";

/** Who comes from another service for the first time chooses a name. Behind the `#` stands the ticket. */
export function ServiceArrivalPage() {
  const { t } = useLingui();
  const { instance, status } = useSession();
  const ticket = useHash();
  const arrival = useQuery({ queryKey: ["arrival", ticket], queryFn: () => oidcApi.look(ticket), retry: false, refetchOnWindowFocus: false });
  if (status === "in") return <Redirect to={arrival.data?.return_to ?? "/"} replace />;
  if (!instance) return null;
  if (arrival.isPending) return <CardPage title={<Trans>One moment</Trans>}><SkeletonRows rows={2} label={t`Loading`} /></CardPage>;
  if (arrival.isError)
    return (
      <CardPage title={<Trans>Begin again</Trans>}>
        <Stack>
          <FormError error={arrival.error} />
          <ButtonLink href="/sign-in" variant="primary">
            <Trans>To the sign-in page</Trans>
          </ButtonLink>
        </Stack>
      </CardPage>
    );
  return <Arrival arrival={arrival.data} ticket={ticket} domain={instance.domain} />;
}

function Arrival({ arrival, ticket, domain }: { arrival: OidcArrival; ticket: string; domain: string }) {
  const { t } = useLingui();
  const { signedIn } = useSession();
  const [, navigate] = useLocation();
  const [handle, setHandle] = useState(arrival.handle);
  const [name, setName] = useState(arrival.display_name);
  const submit = useSubmit(async () => {
    signedIn(await oidcApi.settle({ ticket, handle, display_name: name, device: deviceName(navigator.userAgent) }));
    navigate(arrival.return_to, { replace: true });
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (handle.trim()) void submit.run();
  };
  return (
    <CardPage title={<Trans>Welcome to {domain}</Trans>} lead={t`${arrival.service} says that you are ${arrival.label}. Choose the name that others see here.`}>
      <form onSubmit={onSubmit}>
        <Stack>
          <HandleField value={handle} onChange={setHandle} domain={domain} error={submit.error} autoFocus />
          <TextField label={t`Display name`} value={name} onChange={setName} maxLength={64} autoComplete="name" error={fieldError(submit.error, "display_name")} />
          <FormError error={submit.error} fields={["handle", "display_name"]} />
          <Button type="submit" variant="primary" wide isPending={submit.pending} isDisabled={!handle.trim()}>
            <Trans>Create account</Trans>
          </Button>
        </Stack>
      </form>
    </CardPage>
  );
}
