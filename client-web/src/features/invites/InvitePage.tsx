import { useState, type FormEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useLocation } from "wouter";
import { api } from "@kit/api";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { homeJoinUrl, joinPath, parseHome } from "@kit/ui/invite-link";
import { CardPage, Stack } from "@kit/ui/Page";
import { signInPath } from "@kit/ui/return-to";
import { TextField } from "@kit/ui/TextField";
import { rememberedHome, rememberHome } from "./home-memory";
import { InviteFailed, InviteLoading } from "./InviteStates";
import { Preview } from "./Preview";
import s from "./Preview.module.css";

/** Where the link of an invitation leads: at the place that hosts the community, open to everybody. Shows it and asks where the person's account is. */
export function InvitePage({ code }: { code: string }) {
  const { instance, me } = useSession();
  const domain = instance?.domain;
  const preview = useQuery({ queryKey: ["invite", domain, code], queryFn: () => api.invites.preview(domain ?? "", code), enabled: domain !== undefined, retry: false });

  if (!instance || !domain || preview.isPending) return <InviteLoading />;
  if (preview.isError) return <InviteFailed error={preview.error} domain={domain} onRetry={() => void preview.refetch()} />;
  const invite = { domain, code };
  return (
    <CardPage>
      <Preview preview={preview.data} />
      {me ? <GoOnHere address={`${me.user.handle}@${me.user.domain}`} path={joinPath(invite)} /> : null}
      <WhichHome invite={invite} here={domain} known={me !== null} />
      {!me && instance.registration !== "closed" ? (
        <p className={s.quiet}>
          <Trans>
            No account yet? <Link href={signInPath(joinPath(invite), "sign-up")}>Create one at {domain}</Link>
          </Trans>
        </p>
      ) : null}
    </CardPage>
  );
}

function GoOnHere({ address, path }: { address: string; path: string }) {
  const [, navigate] = useLocation();
  return (
    <>
      <Button variant="primary" wide onPress={() => { navigate(path); }}>
        <Trans>Go on as {address}</Trans>
      </Button>
      <p className={s.or}>
        <Trans>or with another account</Trans>
      </p>
    </>
  );
}

function WhichHome({ invite, here, known }: { invite: { domain: string; code: string }; here: string; known: boolean }) {
  const { t } = useLingui();
  const [, navigate] = useLocation();
  const [home, setHome] = useState(() => rememberedHome());
  const [wrong, setWrong] = useState(false);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const domain = parseHome(home);
    if (!domain) {
      setWrong(true);
      return;
    }
    rememberHome(domain);
    if (domain === here) navigate(known ? joinPath(invite) : signInPath(joinPath(invite)));
    else location.assign(homeJoinUrl(domain, invite, location.protocol));
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack>
        <TextField
          label={t`Where is your account?`}
          value={home}
          onChange={(value) => {
            setHome(value);
            setWrong(false);
          }}
          placeholder="quietbay.org"
          autoComplete="off"
          spellCheck="false"
          inputMode="url"
          help={t`The part after the @ in your name. You will be asked there whether you want to join.`}
          error={wrong ? t`Type a domain, such as quietbay.org.` : undefined}
        />
        <Button type="submit" wide variant={known ? "quiet" : "primary"}>
          <Trans>Go on</Trans>
        </Button>
      </Stack>
    </form>
  );
}
