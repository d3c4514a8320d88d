import { ShieldAlert, ShieldCheck } from "lucide-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trans } from "@lingui/react/macro";
import { Redirect, useLocation } from "wouter";
import { api } from "@kit/api";
import { useSession, useSync } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { joinPath } from "@kit/ui/invite-link";
import { CardPage, Note } from "@kit/ui/Page";
import { signInPath } from "@kit/ui/return-to";
import { useSubmit } from "@kit/ui/useSubmit";
import { InviteFailed, InviteLoading } from "./InviteStates";
import { Preview } from "./Preview";
import s from "./Preview.module.css";

/** At the person's own home: the invitation as the home has checked it. Nothing happens before the click. */
export function JoinPage({ domain, code }: { domain: string; code: string }) {
  const { status, me } = useSession();
  const sync = useSync();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const preview = useQuery({ queryKey: ["invite", domain, code], queryFn: () => api.invites.preview(domain, code), enabled: status === "in", retry: false });
  const accept = useSubmit(async (channelName: string | null) => {
    const server = await api.invites.accept(domain, code);
    sync.addServer(server);
    await queries.invalidateQueries({ queryKey: ["directory"] });
    const channel = channelName ? server.channels.find((c) => c.kind === "text" && c.name === channelName) : undefined;
    navigate(channel ? `/s/${server.id}/${channel.id}` : `/s/${server.id}`);
  });

  if (status === "out") return <Redirect to={signInPath(joinPath({ domain, code }))} replace />;
  if (!me || preview.isPending) return <InviteLoading />;
  if (preview.isError) return <InviteFailed error={preview.error} domain={domain} onRetry={() => void preview.refetch()} />;
  const { server, already_member: member, verified, channel_name: channelName } = preview.data;
  const address = `${me.user.handle}@${me.user.domain}`;
  return (
    <CardPage>
      <Preview preview={preview.data} />
      {verified ? (
        <p className={s.checked}>
          <ShieldCheck size={18} aria-hidden="true" />
          <Trans>Checked: this invitation comes from {domain}.</Trans>
        </p>
      ) : (
        <Note tone="warn">
          <p className={s.checked}>
            <ShieldAlert size={18} aria-hidden="true" />
            <Trans>It could not be checked that this invitation comes from {domain}.</Trans>
          </p>
        </Note>
      )}
      <FormError error={accept.error} />
      {member ? (
        <>
          <p className={s.quiet}>
            <Trans>You are a member already.</Trans>
          </p>
          <Button variant="primary" wide onPress={() => { navigate(`/s/${server.id}`); }}>
            <Trans>Open {server.name}</Trans>
          </Button>
        </>
      ) : (
        <Button variant="primary" wide isPending={accept.pending} onPress={() => void accept.run(channelName)}>
          <Trans>Join as {address}</Trans>
        </Button>
      )}
      <Button variant="plain" wide onPress={() => { navigate("/"); }}>
        <Trans>Not now</Trans>
      </Button>
    </CardPage>
  );
}
