import { useEffect } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { api, type Session } from "@kit/api";
import { useLive } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { toast } from "@kit/ui/Toasts";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./SignInNotices.module.css";

/** Asks about sign-ins to the person's account that no device of theirs knows of yet. */
export function SignInNotices() {
  const { t } = useLingui();
  const count = useLive((state) => state.me?.unknown_sign_ins ?? 0);
  const list = useQuery({ queryKey: ["sessions"], queryFn: () => api.sessions.list() });
  const { refetch } = list;
  useEffect(() => {
    void refetch();
  }, [count, refetch]);
  const unknown = (list.data ?? []).filter((session) => session.unknown && !session.current);
  if (unknown.length === 0) return null;
  return (
    <section className={s.region} aria-label={t`New sign-ins`}>
      {unknown.map((session) => (
        <SignInNotice key={session.id} session={session} />
      ))}
    </section>
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
