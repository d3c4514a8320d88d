import type { ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { CheckCircle2, CircleAlert, Hourglass } from "lucide-react";
import { Link } from "wouter";
import { isProblem, type DeletionProgress } from "@kit/api";
import { dataApi } from "@kit/api/data";
import { CardPage, Stack } from "@kit/ui/Page";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { useHash } from "@kit/ui/useHash";
import s from "./DeletedPage.module.css";

/** How often it is asked who has confirmed. */
const ASK_MS = 5000;

/** How far the deletion of an account is, for whoever has its address; the token stands behind the `#`. */
export function DeletedPage() {
  const { t } = useLingui();
  const token = useHash();
  const progress = useQuery({
    queryKey: ["deletion", token],
    queryFn: () => dataApi.deletion(token),
    refetchInterval: (query) => (query.state.data?.state === "done" || query.state.error ? false : ASK_MS),
    retry: false,
  });
  const home = <Link href="/">{t`To the start`}</Link>;
  if (!token || isProblem(progress.error, "not_found"))
    return (
      <CardPage title={<Trans>Nothing to see here (any more)</Trans>} after={home}>
        <p>
          <Trans>The deletion was taken back, or it was done more than three months ago, or the address is not whole.</Trans>
        </p>
      </CardPage>
    );
  if (progress.data) return <Progress found={progress.data} after={home} />;
  return (
    <CardPage title={<Trans>Your account</Trans>} after={home}>
      {progress.error ? <FailedState error={progress.error} onRetry={() => void progress.refetch()} /> : <SkeletonRows rows={3} label={t`Loading`} />}
    </CardPage>
  );
}

function Progress({ found, after }: { found: DeletionProgress; after: ReactNode }) {
  const { t, i18n } = useLingui();
  const when = i18n.date(new Date(found.due_at), { dateStyle: "long", timeStyle: "short" });
  const all = found.confirmed.length + found.missing.length;
  if (found.state === "scheduled")
    return (
      <CardPage title={<Trans>Your account will be deleted on {when}</Trans>} after={after}>
        <p>
          <Trans>Until then, sign in if you want to keep it.</Trans>
        </p>
      </CardPage>
    );
  const settled = found.state === "done";
  const title = !settled ? <Trans>Your account is being erased</Trans> : found.missing.length === 0 ? <Trans>Your account is erased</Trans> : <Trans>Your account is erased, as far as everybody answered</Trans>;
  return (
    <CardPage
      title={title}
      lead={
        <span role="status">
          <Plural value={all} one={`Confirmed by ${found.confirmed.length} of # instance.`} other={`Confirmed by ${found.confirmed.length} of # instances.`} />
        </span>
      }
      after={after}
    >
      <Stack>
        <ul className={s.list} aria-label={t`Instances`}>
          {found.confirmed.map((domain) => (
            <li key={domain}>
              <CheckCircle2 size={18} aria-hidden="true" className={s.good} />
              <span className={s.domain}>{domain}</span>
              <span className={s.state}>
                <Trans>has erased it</Trans>
              </span>
            </li>
          ))}
          {found.missing.map((domain) => (
            <li key={domain}>
              {settled ? <CircleAlert size={18} aria-hidden="true" /> : <Hourglass size={18} aria-hidden="true" />}
              <span className={s.domain}>{domain}</span>
              <span className={s.state}>{settled ? <Trans>never answered</Trans> : <Trans>has not answered yet</Trans>}</span>
            </li>
          ))}
        </ul>
        <p className={s.more}>
          {found.erase ? (
            <Trans>Each of them signs that your profile and what you posted is gone. What somebody saved or quoted stays with them.</Trans>
          ) : (
            <Trans>Each of them signs that your profile is gone. What you posted stays, as that of a deleted account.</Trans>
          )}
        </p>
      </Stack>
    </CardPage>
  );
}
