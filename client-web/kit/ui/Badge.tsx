import s from "./Badge.module.css";

/** How many things wait for you; 99 at most. The number's meaning belongs into the name of the control around it. */
export function Badge({ count }: { count: number }) {
  if (count <= 0) return null;
  return (
    <span className={s.badge} data-count={count > 99 ? "99+" : count} aria-hidden="true" />
  );
}
