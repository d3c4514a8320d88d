import { lazy, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, Redirect, useLocation, useSearch } from "wouter";
import type { SessionCreated } from "@kit/api";
import { accountApi } from "@kit/api/account";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ButtonLink } from "@kit/ui/ButtonLink";
import { CardPage, Stack } from "@kit/ui/Page";
import { returnTo, signInPath } from "@kit/ui/return-to";
import { FailedState } from "@kit/ui/States";
import { useHash } from "@kit/ui/useHash";
import { InsecureNotice } from "./InsecureNotice";
import { SignUpEmail, forgetSearch, rememberedSearch } from "./SignUpEmail";
import { SignUpForm, refusesLink } from "./SignUpForm";

const OwnKeyStep = lazy(() => import("./OwnKeyStep").then((m) => ({ default: m.OwnKeyStep })));

/** Where an account is brought from elsewhere. */
const MOVE = "/move";

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
  // Forgotten once the account is made, and needed until the page is left.
  const [remembered] = useState(rememberedSearch);
  const search = asked || (token ? remembered : "");
  const [toPlaces, setToPlaces] = useState(false);
  const target = toPlaces ? "/settings/data" : returnTo(search);
  const [waiting, setWaiting] = useState<string | null>(null);
  const [made, setMade] = useState<SessionCreated | null>(null);
  const [linkRefused, setLinkRefused] = useState(false);
  const emailFirst = instance?.email === "required";
  const confirmed = useQuery({ queryKey: ["sign-up", token], queryFn: () => accountApi.registeredEmail(token), enabled: emailFirst && token !== "", retry: false });

  if (status === "in") return <Redirect to={target} replace />;
  if (!instance) return null;
  if (instance.insecure) return <InsecureNotice />;
  if (made)
    return (
      <OwnKeyStep
        user={made.me.user}
        onDone={() => { signedIn(made); }}
        onPlace={() => {
          setToPlaces(true);
          signedIn(made);
        }}
      />
    );
  const signIn = (
    <>
      <p>
        <Trans>
          Already have an account here? <Link href={signInPath(target)}>Sign in</Link>
        </Trans>
      </p>
      {target === MOVE ? null : (
        <p>
          <Trans>
            An account at another place? <Link href={MOVE}>Bring it here</Link>
          </Trans>
        </p>
      )}
    </>
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
  if (linkRefused || refusesLink(confirmed.error))
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
  return (
    <SignUpForm
      invited={new URLSearchParams(search).get("invite") ?? ""}
      letter={emailFirst ? { token, address: confirmed.data ?? "" } : null}
      after={signIn}
      onLinkRefused={() => { setLinkRefused(true); }}
      onDone={(created) => {
        forgetSearch();
        // Whoever brings an account along has its key, or none, already.
        if ("me" in created && target === MOVE) signedIn(created);
        else if ("me" in created) setMade(created);
        else setWaiting(created.handle);
      }}
    />
  );
}
