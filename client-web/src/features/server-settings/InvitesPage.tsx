import { Link2, Plus } from "lucide-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { api, type Invite, type Server } from "@kit/api";
import { can, useUser } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { CopyField } from "@kit/ui/CopyField";
import { cx } from "@kit/ui/cx";
import { FormError } from "@kit/ui/FormError";
import { openOverlay } from "@kit/ui/overlays";
import { nameOf } from "@kit/ui/Person";
import { Section } from "@kit/ui/SettingsLayout";
import { EmptyState, FailedState, SkeletonRows } from "@kit/ui/States";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./ServerSettings.module.css";

/** Invitations with how often they were used, and a way to take them back. */
export function InvitesPage({ server }: { server: Server }) {
  const { t } = useLingui();
  const list = useQuery({ queryKey: ["invites", server.id], queryFn: () => api.invites.list(server.id) });
  const create = can(server, "invite") ? (
    <Button variant="primary" icon={<Plus size={16} />} onPress={() => { openOverlay({ kind: "invite", sid: server.id, channel: null }); }}>
      <Trans>Make an invitation</Trans>
    </Button>
  ) : null;
  if (list.isPending) return <SkeletonRows rows={4} label={t`Loading invitations`} />;
  if (list.isError) return <FailedState error={list.error} onRetry={() => void list.refetch()} />;
  const invites = list.data.filter((invite) => !invite.revoked).sort((one, other) => other.created_at - one.created_at);
  if (invites.length === 0)
    return (
      <EmptyState icon={<Link2 size={28} />} title={<Trans>No invitations</Trans>} action={create}>
        <Trans>Make a link and send it to those you want here.</Trans>
      </EmptyState>
    );
  return (
    <Section lead={t`The link of an invitation is shown to the person who made it.`} action={create}>
      <ul className={s.list}>
        {invites.map((invite) => (
          <InviteRow key={invite.id} server={server} invite={invite} />
        ))}
      </ul>
    </Section>
  );
}

function InviteRow({ server, invite }: { server: Server; invite: Invite }) {
  const { t, i18n } = useLingui();
  const queries = useQueryClient();
  const maker = useUser(invite.by);
  const revoke = useSubmit(async () => {
    await api.invites.revoke(server.id, invite.id);
    await queries.invalidateQueries({ queryKey: ["invites", server.id] });
  });
  const channel = invite.channel ? server.channels.find((c) => c.id === invite.channel) : undefined;
  const roles = server.roles.filter((role) => invite.roles.includes(role.id)).map((role) => role.name);
  const now = Date.now();
  const expired = invite.expires_at !== null && invite.expires_at <= now;
  const spent = invite.max_uses !== null && invite.uses >= invite.max_uses;
  const state = expired ? t`expired` : spent ? t`used up` : invite.expires_at === null ? t`does not expire` : t`until ${i18n.date(new Date(invite.expires_at), { dateStyle: "medium", timeStyle: "short" })}`;
  const mine = invite.by === server.my_actor;
  return (
    <li className={cx(s.row, s.wraps)}>
      <div className={s.rowText}>
        {invite.url && !expired && !spent ? <CopyField label={t`Link`} value={invite.url} quiet /> : null}
        <span>
          <strong className={s.numbers}>
            {invite.max_uses === null ? <Plural value={invite.uses} _0="not used yet" one="used once" other="used # times" /> : <Trans>used {invite.uses} of {invite.max_uses} times</Trans>}
          </strong>{" "}
          · {state}
        </span>
        <span className={s.quiet}>{[maker ? t`by ${nameOf(maker)}` : mine ? t`by you` : "", channel ? t`to #${channel.name}` : "", roles.length > 0 ? t`gives ${roles.join(", ")}` : ""].filter(Boolean).join(" · ")}</span>
        <FormError error={revoke.error} />
      </div>
      {mine || can(server, "manage_invites") ? (
        <Button size="small" isPending={revoke.pending} onPress={() => void revoke.run()}>
          <Trans>Take back</Trans>
        </Button>
      ) : null}
    </li>
  );
}
