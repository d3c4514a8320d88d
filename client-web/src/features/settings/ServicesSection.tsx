import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { LogIn } from "lucide-react";
import { oidcApi, type LinkedService } from "@kit/api/oidc";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FormError } from "@kit/ui/FormError";
import { Section } from "@kit/ui/SettingsLayout";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./Rows.module.css";

/** Other services with which the person can sign in, where this instance offers any. */
export function ServicesSection() {
  const { t, i18n } = useLingui();
  const { instance } = useSession();
  const offered = (instance?.services.length ?? 0) > 0;
  const list = useQuery({ queryKey: ["services"], queryFn: () => oidcApi.list(), enabled: offered });
  const [leaving, setLeaving] = useState<LinkedService | null>(null);
  const proof = useProof();
  const link = useSubmit(async (provider: string) => {
    window.location.assign(await proof.proven(() => oidcApi.link(provider, "/settings/security")));
    await new Promise(() => undefined);
  });
  if (!offered) return null;
  const day = (at: number | null) => (at === null ? "" : i18n.date(new Date(at), { dateStyle: "medium" }));
  return (
    <Section title={<Trans>Sign in with other services</Trans>} lead={t`Once linked, you can sign in with your account there.`}>
      {list.isPending ? <SkeletonRows rows={1} label={t`Loading`} /> : null}
      {list.isError ? <FailedState error={list.error} onRetry={() => void list.refetch()} /> : null}
      {list.data ? (
        <ul className={s.list} aria-label={t`Sign in with other services`}>
          {list.data.map((service) => (
            <li key={service.provider} className={s.row}>
              <LogIn size={20} aria-hidden />
              <div className={s.text}>
                <strong>{service.name}</strong>
                <span>{service.label === null ? <Trans>Not linked</Trans> : <Trans>{service.label} · used last on {day(service.used_at)}</Trans>}</span>
              </div>
              <div className={s.acts}>
                {service.label === null ? (
                  <Button aria-label={t`Link ${service.name}`} isPending={link.pending} onPress={() => void link.run(service.provider)}>
                    <Trans>Link</Trans>
                  </Button>
                ) : (
                  <Button aria-label={t`Unlink ${service.name}`} onPress={() => { setLeaving(service); }}>
                    <Trans>Unlink</Trans>
                  </Button>
                )}
              </div>
            </li>
          ))}
        </ul>
      ) : null}
      <FormError error={link.error} />
      <ConfirmDialog
        isOpen={leaving !== null}
        onClose={() => { setLeaving(null); }}
        title={<Trans>Unlink {leaving?.name}?</Trans>}
        action={t`Unlink`}
        onConfirm={async () => {
          if (leaving) await proof.proven(() => oidcApi.unlink(leaving.provider));
          await list.refetch();
        }}
      >
        <Trans>You can no longer sign in with it. Your account there stays as it is.</Trans>
      </ConfirmDialog>
      {proof.dialog}
    </Section>
  );
}
