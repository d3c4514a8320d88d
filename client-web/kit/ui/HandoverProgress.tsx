import { CheckCircle2, CircleAlert, Hourglass } from "lucide-react";
import type { ReactNode } from "react";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import type { Handover } from "@kit/api/handover";
import { ProgressBar } from "./ProgressBar";
import s from "./HandoverProgress.module.css";

/** How often it is asked how far a community is. */
export const HANDOVER_MS = 1500;

/** How far a community is that goes to another place or comes from one. */
export function HandoverProgress({ found, title, act }: { found: Handover; title: ReactNode; act?: ReactNode }) {
  const { t, i18n } = useLingui();
  const all = found.of_events + found.of_files;
  const share = all > 0 ? (found.events + found.files) / all : 0;
  const percent = i18n.number(share, { style: "percent", maximumFractionDigits: 0 });
  return (
    <div className={s.progress}>
      <div className={s.line}>
        {found.state === "here" ? (
          <CheckCircle2 size={20} aria-hidden className={s.good} />
        ) : found.state === "stopped" ? (
          <CircleAlert size={20} aria-hidden className={s.bad} />
        ) : (
          <Hourglass size={20} aria-hidden />
        )}
        <div className={s.text} role="status">
          <strong>{title}</strong>
          <span>
            <Word found={found} percent={percent} />
          </span>
          {found.missing > 0 ? (
            <span>
              <Plural value={found.missing} one="# file was not there any more." other="# files were not there any more." />
            </span>
          ) : null}
        </div>
        {act}
      </div>
      {found.state === "coming" ? (
        <ProgressBar label={t`What has arrived`} share={share} text={percent} />
      ) : null}
    </div>
  );
}

function Word({ found, percent }: { found: Handover; percent: string }) {
  switch (found.state) {
    case "here":
      return found.missing > 0 ? <Trans>It has arrived.</Trans> : <Trans>It has arrived, with everything.</Trans>;
    case "unknown":
      return <Trans>{found.domain} does not answer at the moment. What has arrived there stays; it goes on by itself.</Trans>;
    case "stopped":
      return found.problem === "withdrawn" ? (
        <Trans>Its owner keeps it where it is.</Trans>
      ) : found.problem === "refused" ? (
        <Trans>You said that it is not to come.</Trans>
      ) : (
        <Trans>It does not come: what the other place shows does not hold together. Nothing was changed.</Trans>
      );
    case "coming":
      if (found.of_events === 0) return <Trans>Waiting for the other place.</Trans>;
      return found.problem ? (
        <Trans>{percent} have arrived. The other place does not answer at the moment; it is asked again.</Trans>
      ) : (
        <Trans>{percent} have arrived. Everybody can go on talking meanwhile.</Trans>
      );
  }
}
