import { useEffect } from "react";
import { useSettings } from "@kit/live";
import { applyAppearance, parseAppearance } from "@kit/theme/theme";
import { useMedia } from "@kit/ui/useMedia";

/** Keeps the page's look in step with the account's settings and with the system's wish for contrast. Shows nothing. */
export function AppearanceSync() {
  const [settings] = useSettings();
  const stored = settings.appearance;
  const more = useMedia("(prefers-contrast: more)");
  useEffect(() => {
    if (stored !== undefined) applyAppearance(parseAppearance(stored));
  }, [stored, more]);
  return null;
}
