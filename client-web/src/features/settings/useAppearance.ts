import { useCallback, useRef } from "react";
import { useSettings } from "@kit/live";
import { applyAppearance, parseAppearance, rememberedAppearance, type Appearance } from "@kit/theme/theme";
import { toastError } from "@kit/ui/Toasts";

/** The person's appearance and a way to change it: seen at once, saved with the account after a moment of quiet. */
export function useAppearance(): [Appearance, (patch: Partial<Appearance>) => void] {
  const [settings, save] = useSettings();
  const appearance = settings.appearance === undefined ? rememberedAppearance() : parseAppearance(settings.appearance);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const pending = useRef<Appearance | null>(null);
  const change = useCallback(
    (patch: Partial<Appearance>) => {
      const next = { ...(pending.current ?? appearance), ...patch };
      pending.current = next;
      applyAppearance(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        pending.current = null;
        void save({ appearance: next }).catch(toastError);
      }, 400);
    },
    [appearance, save],
  );
  return [pending.current ?? appearance, change];
}
