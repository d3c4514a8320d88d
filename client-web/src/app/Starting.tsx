import { Skeleton } from "@kit/ui/States";
import { Trans, useLingui } from "@lingui/react/macro";
import s from "./App.module.css";

/** The shape of the page while it starts. */
export function Starting() {
  const { t } = useLingui();
  return (
    <div className={s.starting} role="status" aria-label={t`Loading`}>
      <div className={s.startingRail}>
        <Skeleton width="42px" height={42} />
        <Skeleton width="42px" height={42} />
      </div>
      <div className={s.startingSide}>
        <Skeleton width="60%" height={18} />
        <Skeleton width="80%" />
        <Skeleton width="70%" />
        <Skeleton width="75%" />
      </div>
    </div>
  );
}

/** Shown instead of the page while the instance does not answer and nothing is here yet. */
export function Unreachable() {
  return (
    <div className={s.notice} role="alert">
      <h1>
        <Trans>No answer.</Trans>
      </h1>
      <p>
        <Trans>This place cannot be reached now. It is tried again by itself.</Trans>
      </p>
    </div>
  );
}
