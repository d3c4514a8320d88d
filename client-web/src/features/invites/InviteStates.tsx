import { MailX } from "lucide-react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "wouter";
import { ApiProblem } from "@kit/api";
import { Button } from "@kit/ui/Button";
import { CardPage } from "@kit/ui/Page";
import { explain } from "@kit/ui/problem";
import { Skeleton } from "@kit/ui/States";
import s from "./Preview.module.css";

/** While an invitation is looked up. */
export function InviteLoading() {
  const { t } = useLingui();
  return (
    <CardPage>
      <div className={s.loading} role="status" aria-label={t`Looking at the invitation`}>
        <Skeleton width="72px" height={72} />
        <Skeleton width="60%" height={24} />
        <Skeleton width="80%" />
      </div>
    </CardPage>
  );
}

/** Why an invitation cannot be used, with the name of the place it is about; again only where that can help. */
export function InviteFailed({ error, domain, onRetry }: { error: unknown; domain: string; onRetry: () => void }) {
  const named = error instanceof ApiProblem && error.domain === null ? new ApiProblem({ status: error.status, code: error.code, detail: error.detail, fields: error.fields, domain }) : error;
  const { title, detail } = explain(named);
  const again = !(error instanceof ApiProblem) || error.temporary;
  return (
    <CardPage title={title} picture={<MailX size={36} strokeWidth={1.5} aria-hidden="true" />}>
      <div role="alert">{detail ? <p>{detail}</p> : null}</div>
      {again ? (
        <Button variant="primary" wide onPress={onRetry}>
          <Trans>Try again</Trans>
        </Button>
      ) : null}
      <p>
        <Link href="/">
          <Trans>Go to my communities</Trans>
        </Link>
      </p>
    </CardPage>
  );
}
