import { cx } from "./cx";
import s from "./PresenceDot.module.css";

export type Presence = "online" | "idle" | "dnd" | "offline";

/** Presence as a shape and a colour, so that it is not told by colour alone. The word belongs beside it or in the name of the control. */
export function PresenceDot({ presence, className }: { presence: Presence; className?: string | undefined }) {
  return <span className={cx(s.dot, s[presence], className)} aria-hidden="true" />;
}
