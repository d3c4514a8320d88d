import { useEffect, useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { api, type Application } from "@kit/api";
import { useMe } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FormError } from "@kit/ui/FormError";
import { Section } from "@kit/ui/SettingsLayout";
import { EmptyState, FailedState, SkeletonRows } from "@kit/ui/States";
import { toast } from "@kit/ui/Toasts";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./ApplicationsPage.module.css";

/** For admins of the instance: who asks to be let in. */
export function ApplicationsPage() {
  const { t } = useLingui();
  const { applications: count } = useMe();
  const list = useQuery({ queryKey: ["applications"], queryFn: () => api.applications.list() });
  const { refetch } = list;
  const [declining, setDeclining] = useState<Application | null>(null);
  // A row goes with the button that was pressed in it.
  const rest = useRef<HTMLDivElement>(null);
  const decided = async (said: string) => {
    await refetch();
    toast(said);
    rest.current?.focus();
  };
  useEffect(() => {
    void refetch();
  }, [count, refetch]);
  if (list.isPending) return <SkeletonRows rows={3} label={t`Loading`} />;
  if (list.isError) return <FailedState error={list.error} onRetry={() => void refetch()} />;
  return (
    <Section lead={t`These people ask for an account here. Whoever you let in can sign in at once; of whoever you turn down nothing is kept.`}>
      {list.data.length === 0 ? (
        <EmptyState title={<Trans>Nobody is waiting</Trans>}>
          <Trans>New applications appear here, and you are told about them wherever you are.</Trans>
        </EmptyState>
      ) : (
        <ul className={s.list}>
          {list.data.map((application) => (
            <ApplicationRow key={application.id} application={application} onAccepted={() => decided(t`${application.handle} may sign in now.`)} onDecline={() => { setDeclining(application); }} />
          ))}
        </ul>
      )}
      <div ref={rest} tabIndex={-1} />
      <ConfirmDialog
        isOpen={declining !== null}
        onClose={() => { setDeclining(null); }}
        title={<Trans>Turn {declining?.handle} down?</Trans>}
        action={t`Turn down`}
        danger
        onConfirm={async () => {
          if (declining) await api.applications.decline(declining.id);
          await decided(t`${declining?.handle ?? ""} is turned down.`);
        }}
      >
        <Trans>Nothing of the application is kept, and nobody is told. The name is free again.</Trans>
      </ConfirmDialog>
    </Section>
  );
}

function ApplicationRow({ application: { id, handle, display_name: name, reason, created_at: at }, onAccepted, onDecline }: { application: Application; onAccepted: () => Promise<void>; onDecline: () => void }) {
  const { t, i18n } = useLingui();
  const accept = useSubmit(async () => {
    await api.applications.accept(id);
    await onAccepted();
  });
  const when = i18n.date(new Date(at), { dateStyle: "medium", timeStyle: "short" });
  return (
    <li className={s.row}>
      <div className={s.who}>
        <strong>{name}</strong>
        <span>
          {name === handle ? "" : `${handle} · `}
          {when}
        </span>
      </div>
      {reason ? <p className={s.reason}>{reason}</p> : <p className={s.none}>{t`Said nothing of themselves.`}</p>}
      <FormError error={accept.error} />
      <div className={s.acts}>
        <Button size="small" aria-label={t`Turn down ${handle}`} onPress={onDecline}>
          <Trans>Turn down</Trans>
        </Button>
        <Button size="small" variant="primary" aria-label={t`Let in ${handle}`} isPending={accept.pending} onPress={() => void accept.run()}>
          <Trans>Let in</Trans>
        </Button>
      </div>
    </li>
  );
}
