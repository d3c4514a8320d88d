import { useEffect, useState, type ReactNode } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { api, type Session } from "@kit/api";
import { useLive } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { toast } from "@kit/ui/Toasts";
import { useSubmit } from "@kit/ui/useSubmit";
import { useOwnKeyNotice } from "./own-key/useOwnKeyNotice";
import { useKeepAccount } from "./useKeepAccount";
import s from "./Notices.module.css";

/** What a person is told wherever they are: sign-ins to their account that no device knows of yet, people and instances that wait to be let in, the day on which the account is deleted, and now and then a key of one's own. */
export function Notices() {
  const { t } = useLingui();
  const count = useLive((state) => state.me?.unknown_sign_ins ?? 0);
  const people = useUnseen(useLive((state) => state.me?.applications ?? 0));
  const instances = useUnseen(useLive((state) => state.me?.instances_waiting ?? 0));
  const deletedAt = useLive((state) => state.me?.deleted_at ?? null);
  const ownKey = useOwnKeyNotice();
  const [later, setLater] = useState(false);
  const list = useQuery({ queryKey: ["sessions"], queryFn: () => api.sessions.list(), enabled: count > 0 });
  const { refetch } = list;
  useEffect(() => {
    if (count > 0) void refetch();
  }, [count, refetch]);
  const unknown = count > 0 ? (list.data ?? []).filter((session) => session.unknown && !session.current) : [];
  const [location] = useLocation();
  // Its page says so itself.
  const goes = deletedAt !== null && !later && location !== "/settings/data";
  if (unknown.length === 0 && !people.unseen && !instances.unseen && !goes && !ownKey.due) return null;
  return (
    <section className={s.region} aria-label={t`Notices`}>
      {unknown.map((session) => (
        <SignInNotice key={session.id} session={session} />
      ))}
      {goes ? <DeletionNotice at={deletedAt} onLater={() => { setLater(true); }} /> : null}
      {people.unseen ? (
        <WaitingNotice page="/settings/applications" onSeen={people.see}>
          <Plural value={people.count} one="Somebody asks for an account here." other="# people ask for an account here." />
        </WaitingNotice>
      ) : null}
      {instances.unseen ? (
        <WaitingNotice page="/settings/instances" onSeen={instances.see}>
          <Plural value={instances.count} one="Another instance waits to be let in." other="# instances wait to be let in." />
        </WaitingNotice>
      ) : null}
      {ownKey.due && deletedAt === null ? (
        <WaitingNotice page="/settings/security" onSeen={ownKey.later}>
          <Trans>Your account depends on this place alone. With a key of your own it is yours for good.</Trans>
        </WaitingNotice>
      ) : null}
    </section>
  );
}

function DeletionNotice({ at, onLater }: { at: number; onLater: () => void }) {
  const { keep, when } = useKeepAccount(at);
  return (
    <div className={s.notice} role="status">
      <strong>
        <Trans>Your account will be deleted on {when}</Trans>
      </strong>
      <FormError error={keep.error} />
      <div className={s.acts}>
        <Button size="small" onPress={onLater}>
          <Trans>Later</Trans>
        </Button>
        <Button size="small" variant="primary" isPending={keep.pending} onPress={() => void keep.run()}>
          <Trans>Keep my account</Trans>
        </Button>
      </div>
    </div>
  );
}

/** How many wait, and whether more do than were put off. */
function useUnseen(count: number) {
  const [seen, setSeen] = useState(0);
  useEffect(() => {
    setSeen((before) => Math.min(before, count));
  }, [count]);
  return { count, unseen: count > seen, see: () => { setSeen(count); } };
}

function WaitingNotice({ page, onSeen, children }: { page: string; onSeen: () => void; children: ReactNode }) {
  const [, navigate] = useLocation();
  return (
    <div className={s.notice} role="status">
      <strong>{children}</strong>
      <div className={s.acts}>
        <Button size="small" onPress={onSeen}>
          <Trans>Later</Trans>
        </Button>
        <Button
          size="small"
          variant="primary"
          onPress={() => {
            onSeen();
            navigate(page);
          }}
        >
          <Trans>Look</Trans>
        </Button>
      </div>
    </div>
  );
}

function SignInNotice({ session }: { session: Session }) {
  const { t, i18n } = useLingui();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const refresh = () => queries.invalidateQueries({ queryKey: ["sessions"] });
  const mine = useSubmit(async () => {
    await api.sessions.know(session.id);
    await refresh();
  });
  const foreign = useSubmit(async () => {
    await api.sessions.revoke(session.id);
    await refresh();
    toast(t`That device is signed out. Change your password now.`);
    navigate("/settings/security");
  });
  const device = session.device || (session.kind === "bearer" ? t`A program` : t`A browser`);
  const when = i18n.date(new Date(session.created_at), { dateStyle: "medium", timeStyle: "short" });
  return (
    <div className={s.notice} role="alert">
      <strong>
        <Trans>Was it you who signed in?</Trans>
      </strong>
      <span className={s.where}>
        {device} · {session.address} · {when}
      </span>
      <FormError error={mine.error ?? foreign.error} />
      <div className={s.acts}>
        <Button size="small" isPending={foreign.pending} onPress={() => void foreign.run()}>
          <Trans>No, sign it out</Trans>
        </Button>
        <Button size="small" variant="primary" isPending={mine.pending} onPress={() => void mine.run()}>
          <Trans>Yes, it was me</Trans>
        </Button>
      </div>
    </div>
  );
}
