import { CheckCircle2, CircleAlert, Hourglass } from "lucide-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import type { Erasure } from "@kit/api";
import { dataApi } from "@kit/api/data";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { Section } from "@kit/ui/SettingsLayout";
import { FailedState } from "@kit/ui/States";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "../Rows.module.css";

/** How often it is asked who has confirmed. */
const ASK_MS = 3000;
const key = ["erasures"];

/** What the person asked to have erased, and who has confirmed it. Nothing where they never did. */
export function ErasuresSection() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const list = useQuery({
    queryKey: key,
    queryFn: () => dataApi.erasures(),
    refetchInterval: (query) => (query.state.data?.some((one) => one.settled_at === null) ? ASK_MS : false),
  });
  if (list.isError) return <FailedState error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data?.length) return null;
  return (
    <Section
      title={<Trans>Erased</Trans>}
      lead={t`Each instance that held something of yours signs that it has erased it. One that is away does so when it is back.`}
    >
      <ul className={s.list}>
        {list.data.map((one) => (
          <ErasureRow key={one.id} erasure={one} onGone={() => queries.invalidateQueries({ queryKey: key })} />
        ))}
      </ul>
    </Section>
  );
}

function ErasureRow({ erasure, onGone }: { erasure: Erasure; onGone: () => Promise<unknown> }) {
  const { t, i18n } = useLingui();
  const forget = useSubmit(async () => {
    await dataApi.forgetErasure(erasure.id);
    await onGone();
  });
  const Icon = erasure.state === "done" ? CheckCircle2 : erasure.settled_at === null ? Hourglass : CircleAlert;
  const when = i18n.date(new Date(erasure.asked_at), { dateStyle: "medium", timeStyle: "short" });
  return (
    <li className={s.row}>
      <Icon size={22} aria-hidden="true" />
      <div className={s.text}>
        <strong>{erasure.name}</strong>
        <span>
          <Trans>
            hosted by {erasure.host}, asked {when}
          </Trans>
        </span>
        <span role="status">
          <Progress erasure={erasure} />
        </span>
        <FormError error={forget.error} />
      </div>
      {erasure.settled_at === null ? null : (
        <Button size="small" isPending={forget.pending} aria-label={t`Remove ${erasure.name} from this list`} onPress={() => void forget.run()}>
          <Trans>Remove</Trans>
        </Button>
      )}
    </li>
  );
}

function Progress({ erasure }: { erasure: Erasure }) {
  const confirmed = erasure.confirmed.length;
  const all = confirmed + erasure.missing.length;
  const away = erasure.missing.join(", ");
  switch (erasure.state) {
    case "waiting":
      return <Trans>Waits until {erasure.host} answers.</Trans>;
    case "done":
      return <Plural value={confirmed} one="Erased. The only instance that held it has confirmed." other="Erased. All # instances that held it have confirmed." />;
    case "erasing":
      return erasure.settled_at === null ? (
        <Trans>
          Confirmed by {confirmed} of {all}, waiting for {away}.
        </Trans>
      ) : (
        <Trans>
          Confirmed by {confirmed} of {all}. Never heard from: {away}. What lies there may still be there.
        </Trans>
      );
    case "refused":
      return <Trans>{erasure.host} refused it ({erasure.code}). What you posted is still there.</Trans>;
    case "unknown":
      return <Trans>{erasure.host} does not know of it any more. What you posted may still be there.</Trans>;
  }
}
