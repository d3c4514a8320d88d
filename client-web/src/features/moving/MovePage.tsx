import { useEffect, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "wouter";
import { isProblem } from "@kit/api";
import { movingApi } from "@kit/api/moving";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ButtonLink } from "@kit/ui/ButtonLink";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Note, Stack } from "@kit/ui/Page";
import { signInPath } from "@kit/ui/return-to";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { useHash } from "@kit/ui/useHash";
import { useSubmit } from "@kit/ui/useSubmit";
import { Progress } from "./Progress";
import { RecoverForm } from "./RecoverForm";
import { forgetTicket, keepTicket, keptTicket } from "./ticket";

/** How often it is asked how far it is. */
const ASK_MS = 1000;

/** Bringing an account here from another place. Behind the `#` stand that place and the ticket that it gave. */
export function MovePage() {
  const { t } = useLingui();
  const { instance, status } = useSession();
  const hash = useHash();
  const [ticket] = useState(() => keptTicket(hash));
  const [recovering, setRecovering] = useState(false);
  // The session goes on under another name: what this page shows must not hang on it.
  const [wasIn, setWasIn] = useState(false);
  useEffect(() => {
    if (hash) keepTicket(hash);
  }, [hash]);
  useEffect(() => {
    if (status === "in") setWasIn(true);
  }, [status]);
  const arrival = useQuery({
    queryKey: ["move"],
    queryFn: () => movingApi.look(),
    enabled: wasIn,
    retry: false,
    refetchOnWindowFocus: false,
    refetchInterval: (query) => {
      const found = query.state.data;
      const going = found && (found.state === "arriving" || found.waiting_for.length > 0 || found.communities.some((c) => c.state === "waiting"));
      return going ? ASK_MS : false;
    },
  });
  const begin = useSubmit(async () => {
    if (!ticket) return;
    await movingApi.arrive(ticket.from, ticket.ticket);
    forgetTicket();
    await arrival.refetch();
  });
  if (!instance) return null;
  const here = instance.domain;
  if (!wasIn)
    return (
      <CardPage
        title={<Trans>Bring your account here</Trans>}
        lead={ticket ? t`You come from ${ticket.from}. First make an account here: yours is brought into it, with all that belongs to it.` : t`First make an account here: yours is brought into it, with all that belongs to it.`}
        after={
          <Trans>
            Made one already? <Link href={signInPath("/move")}>Sign in</Link>
          </Trans>
        }
      >
        <ButtonLink href={signInPath("/move", "sign-up")} variant="primary">
          <Trans>Create an account</Trans>
        </ButtonLink>
      </CardPage>
    );
  if (arrival.isPending) return <CardPage title={<Trans>One moment</Trans>}><SkeletonRows rows={2} label={t`Loading`} /></CardPage>;
  if (arrival.isError && !isProblem(arrival.error, "not_found"))
    return (
      <CardPage title={<Trans>Bring your account here</Trans>}>
        <FailedState error={arrival.error} onRetry={() => void arrival.refetch()} />
      </CardPage>
    );
  const found = arrival.data;
  if (found && (found.state === "arriving" || found.state === "here")) return <Progress found={found} onAsked={() => void arrival.refetch()} />;
  if (recovering) return <RecoverForm here={here} onDone={() => void arrival.refetch()} onBack={() => { setRecovering(false); }} />;
  return (
    <CardPage
      title={ticket ? <Trans>Bring your account from {ticket.from}?</Trans> : <Trans>Bring your account here</Trans>}
      lead={
        ticket
          ? t`It becomes the account that you are signed in with here: ${here} is your home from then on. That cannot be undone with one click; you can move again at any time.`
          : t`Sign in at the place where your account is, open Settings, Your data, and choose “Move my account”.`
      }
      after={
        <Button size="small" onPress={() => { setRecovering(true); }}>
          <Trans>That place is gone, or does not let me go</Trans>
        </Button>
      }
    >
      <Stack>
        {found?.state === "refused" ? (
          <Note tone="warn">
            <Trans>{found.domain} did not hand your account over ({found.problem}). Take a new ticket there and try again.</Trans>
          </Note>
        ) : null}
        <FormError error={begin.error} />
        {ticket ? (
          <Button variant="primary" wide isPending={begin.pending} onPress={() => void begin.run()}>
            <Trans>Bring it here</Trans>
          </Button>
        ) : (
          <ButtonLink href="/">
            <Trans>To the start</Trans>
          </ButtonLink>
        )}
      </Stack>
    </CardPage>
  );
}
