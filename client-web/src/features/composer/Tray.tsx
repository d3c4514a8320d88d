import { IconButton } from "@kit/ui/IconButton";
import type { UploadItem } from "@kit/sync";
import { OFFLINE, type ApiProblem } from "@kit/api";
import { cx } from "@kit/ui/cx";
import { explain } from "@kit/ui/problem";
import { Trans, useLingui } from "@lingui/react/macro";
import { Eye, EyeOff, FileText, RotateCw, X } from "lucide-react";
import s from "./Composer.module.css";

export interface TrayProps {
  items: readonly UploadItem[];
  onRemove: (id: string) => void;
  onRetry: (id: string) => void;
  onChange: (id: string, part: { alt?: string; spoiler?: boolean }) => void;
}

/** Why a file cannot go. */
function Why({ problem }: { problem: ApiProblem }) {
  if (problem.code === "file_unreadable") return <Trans>This file cannot be read any more. Attach it again.</Trans>;
  const { title, detail } = explain(problem);
  return detail ? `${title} ${detail}` : title;
}

/** The files of the message being written: progress, cancel, a description, hiding. */
export function Tray({ items, onRemove, onRetry, onChange }: TrayProps) {
  const { t } = useLingui();
  if (items.length === 0) return null;
  return (
    <ul className={s.tray} aria-label={t`Files to send`}>
      {items.map((item) => {
        const { name } = item;
        const going = item.state === "uploading" || item.state === "paused";
        const percent = Math.round(item.share * 100);
        return (
          <li key={item.id} className={s.item}>
            <div className={s.thumb}>
              {item.preview ? (
                <img src={item.preview} alt="" className={cx(item.spoiler && s.veiled)} />
              ) : (
                <FileText size={28} strokeWidth={1.5} aria-hidden="true" />
              )}
            </div>
            <div className={s.itemText}>
              <span className={s.itemName}>{name}</span>
              {going ? (
                <>
                  <progress
                    className={s.progress}
                    value={percent}
                    max={100}
                    aria-label={t`${name}: ${percent} % sent`}
                  />
                  <span className={s.itemNote} role="status">
                    {item.state === "uploading" ? null : item.problem?.code === OFFLINE ? (
                      <Trans>Paused, waiting for the connection</Trans>
                    ) : (
                      <Trans>Paused, goes on in a moment</Trans>
                    )}
                  </span>
                </>
              ) : item.state === "failed" ? (
                <span className={s.itemError} role="alert">
                  {item.problem ? <Why problem={item.problem} /> : null}
                </span>
              ) : (
                <input
                  className={s.alt}
                  value={item.alt}
                  maxLength={500}
                  placeholder={t`Describe it for those who cannot see it`}
                  aria-label={t`Description of ${name}`}
                  onChange={(event) => onChange(item.id, { alt: event.currentTarget.value })}
                />
              )}
            </div>
            {item.state === "failed" ? (
              <IconButton label={t`Try again`} onPress={() => onRetry(item.id)}>
                <RotateCw size={16} />
              </IconButton>
            ) : (
              <IconButton
                label={item.spoiler ? t`Show ${name} openly` : t`Hide ${name} until it is clicked`}
                onPress={() => onChange(item.id, { spoiler: !item.spoiler })}
              >
                {item.spoiler ? <EyeOff size={16} /> : <Eye size={16} />}
              </IconButton>
            )}
            <IconButton label={going ? t`Cancel ${name}` : t`Remove ${name}`} onPress={() => onRemove(item.id)}>
              <X size={16} />
            </IconButton>
          </li>
        );
      })}
    </ul>
  );
}
