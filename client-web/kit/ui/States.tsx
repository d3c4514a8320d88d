import { RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { Trans } from "@lingui/react/macro";
import { Button } from "./Button";
import { cx } from "./cx";
import { explain } from "./problem";
import s from "./States.module.css";

export interface EmptyStateProps {
  icon?: ReactNode;
  title: ReactNode;
  children?: ReactNode;
  /** The next step. */
  action?: ReactNode;
}

/** What a list shows while nothing is in it: what would be here, and the next step. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className={s.empty}>
      {icon ? <div className={s.icon}>{icon}</div> : null}
      <p className={s.title}>{title}</p>
      {children ? <p className={s.text}>{children}</p> : null}
      {action}
    </div>
  );
}

/** What stands in the place of something that could not be loaded: what happened, and a way to try again. */
export function FailedState({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const { title, detail } = explain(error);
  return (
    <div className={s.empty} role="alert">
      <p className={s.title}>{title}</p>
      {detail ? <p className={s.text}>{detail}</p> : null}
      {onRetry ? (
        <Button onPress={onRetry} icon={<RotateCw size={16} />}>
          <Trans>Try again</Trans>
        </Button>
      ) : null}
    </div>
  );
}

export interface SkeletonProps {
  /** Width as CSS, for instance `60%`. */
  width?: string;
  /** Height in pixels. */
  height?: number;
  round?: boolean;
}

/** A grey shape in the place of what comes. */
export function Skeleton({ width = "100%", height = 14, round }: SkeletonProps) {
  return <span className={cx(s.skeleton, round && s.round)} style={{ inlineSize: round ? height : width, blockSize: height }} aria-hidden="true" />;
}

/** Rows of a list that is loading: a round picture and two lines each. */
export function SkeletonRows({ rows = 5, label }: { rows?: number; label: string }) {
  return (
    <div role="status" aria-label={label} className={s.rows}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={s.row}>
          <Skeleton round height={32} />
          <div className={s.lines}>
            <Skeleton width={`${String(40 + ((row * 17) % 35))}%`} />
            <Skeleton width={`${String(25 + ((row * 11) % 25))}%`} height={10} />
          </div>
        </div>
      ))}
    </div>
  );
}
