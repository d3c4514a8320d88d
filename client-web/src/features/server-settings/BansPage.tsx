import { Ban as BanIcon } from "lucide-react";
import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { api, type Ban, type Server } from "@kit/api";
import { useUser } from "@kit/live";
import { Avatar } from "@kit/ui/Avatar";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { Handle, nameOf } from "@kit/ui/Person";
import { Section } from "@kit/ui/SettingsLayout";
import { EmptyState, FailedState, SkeletonRows } from "@kit/ui/States";
import s from "./ServerSettings.module.css";

/** Who may not come back, why, and a way to lift it. */
export function BansPage({ server }: { server: Server }) {
  const { t } = useLingui();
  const list = useQuery({ queryKey: ["bans", server.id], queryFn: () => api.members.bans(server.id) });
  if (list.isPending) return <SkeletonRows rows={3} label={t`Loading bans`} />;
  if (list.isError) return <FailedState error={list.error} onRetry={() => void list.refetch()} />;
  if (list.data.length === 0)
    return (
      <EmptyState icon={<BanIcon size={28} />} title={<Trans>Nobody is banned</Trans>}>
        <Trans>Who is banned from their profile or the list of members stands here.</Trans>
      </EmptyState>
    );
  return (
    <Section>
      <ul className={s.list}>
        {list.data.map((ban) => (
          <BanRow key={ban.user.id} server={server} ban={ban} />
        ))}
      </ul>
    </Section>
  );
}

function BanRow({ server, ban }: { server: Server; ban: Ban }) {
  const { t, i18n } = useLingui();
  const queries = useQueryClient();
  const by = useUser(ban.by);
  const [asking, setAsking] = useState(false);
  const name = nameOf(ban.user);
  const date = i18n.date(new Date(ban.at), { dateStyle: "medium" });
  return (
    <li className={s.row}>
      <Avatar id={ban.user.id} name={name} src={ban.user.avatar} size={36} />
      <div className={s.rowText}>
        <strong>{name}</strong>
        <span className={s.quiet}>
          <Handle user={ban.user} />
        </span>
        <span>{ban.reason || <Trans>No reason given.</Trans>}</span>
        <span className={s.quiet}>{by ? <Trans>by {nameOf(by)} on {date}</Trans> : date}</span>
      </div>
      <Button size="small" onPress={() => { setAsking(true); }}>
        <Trans>Lift</Trans>
      </Button>
      <ConfirmDialog
        isOpen={asking}
        onClose={() => {
          setAsking(false);
        }}
        title={<Trans>Lift the ban of {name}?</Trans>}
        action={t`Lift the ban`}
        onConfirm={async () => {
          await api.members.unban(server.id, ban.user.id);
          await queries.invalidateQueries({ queryKey: ["bans", server.id] });
        }}
      >
        <Trans>They can join again, as everybody can.</Trans>
      </ConfirmDialog>
    </li>
  );
}
