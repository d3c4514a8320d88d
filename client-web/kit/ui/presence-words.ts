import { useLingui } from "@lingui/react/macro";
import type { Presence } from "@kit/api";

/** The word for each state of presence. */
export function usePresenceWords(): Record<Presence, string> {
  const { t } = useLingui();
  return { online: t`here now`, idle: t`idle`, dnd: t`do not disturb`, offline: t`away` };
}
