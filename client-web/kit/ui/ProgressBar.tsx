import s from "./ProgressBar.module.css";

/** How far something is: a share from 0 to 1. `text` is what is read out. */
export function ProgressBar({ label, share, text }: { label: string; share: number; text: string }) {
  return (
    <div className={s.bar} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} aria-valuetext={text}>
      <div className={s.fill} style={{ inlineSize: `${String(share * 100)}%` }} />
    </div>
  );
}
