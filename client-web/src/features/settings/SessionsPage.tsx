import { KeyRound, Laptop, Smartphone } from "lucide-react";
import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { api, type Session } from "@kit/api";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FormError } from "@kit/ui/FormError";
import { Section } from "@kit/ui/SettingsLayout";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./Rows.module.css";

/** Where the person is signed in, and ways to end that. */
export function SessionsPage() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const list = useQuery({ queryKey: ["sessions"], queryFn: () => api.sessions.list() });
  const [asking, setAsking] = useState(false);
  if (list.isPending) return <SkeletonRows rows={3} label={t`Loading your devices`} />;
  if (list.isError) return <FailedState error={list.error} onRetry={() => void list.refetch()} />;
  const refresh = () => queries.invalidateQueries({ queryKey: ["sessions"] });
  const sessions = [...list.data].sort((one, other) => Number(other.current) - Number(one.current) || other.last_seen_at - one.last_seen_at);
  const others = sessions.filter((session) => !session.current).length;
  return (
    <Section
      lead={t`You are signed in on these devices. End what you do not recognise, and change your password then.`}
      action={
        others > 0 ? (
          <Button onPress={() => { setAsking(true); }}>
            <Trans>Sign out all others</Trans>
          </Button>
        ) : null
      }
    >
      <ul className={s.list}>
        {sessions.map((session) => (
          <SessionRow key={session.id} session={session} onGone={refresh} />
        ))}
      </ul>
      <ConfirmDialog
        isOpen={asking}
        onClose={() => {
          setAsking(false);
        }}
        title={<Trans>Sign out all other devices?</Trans>}
        action={t`Sign out all others`}
        danger
        onConfirm={async () => {
          await api.sessions.revokeOthers();
          await refresh();
        }}
      >
        <Plural value={others} one="One device has to sign in again. This one stays." other="# devices have to sign in again. This one stays." />
      </ConfirmDialog>
    </Section>
  );
}

function SessionRow({ session, onGone }: { session: Session; onGone: () => Promise<unknown> }) {
  const { t, i18n } = useLingui();
  const end = useSubmit(async () => {
    await api.sessions.revoke(session.id);
    await onGone();
  });
  const Icon = session.kind === "bearer" ? KeyRound : /android|ios|phone/i.test(session.device) ? Smartphone : Laptop;
  const name = session.device || (session.kind === "bearer" ? t`A program` : t`A browser`);
  const when = (at: number) => i18n.date(new Date(at), { dateStyle: "medium", timeStyle: "short" });
  return (
    <li className={s.row}>
      <Icon size={22} aria-hidden="true" />
      <div className={s.text}>
        <strong>{name}</strong>
        <span>
          {session.current ? <em className={s.here}>{t`this device`}</em> : <Trans>last seen {when(session.last_seen_at)}</Trans>} · {session.address}
        </span>
        <span>
          <Trans>signed in {when(session.created_at)}</Trans>
          {session.kind === "bearer" ? ` · ${t`a program`}` : ""}
        </span>
        <FormError error={end.error} />
      </div>
      {session.current ? null : (
        <Button size="small" isPending={end.pending} aria-label={t`Sign out ${name}`} onPress={() => void end.run()}>
          <Trans>Sign out</Trans>
        </Button>
      )}
    </li>
  );
}
