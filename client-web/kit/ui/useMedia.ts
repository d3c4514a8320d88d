import { useSyncExternalStore } from "react";

/** Whether a media query holds, followed while it changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = matchMedia(query);
      list.addEventListener("change", changed);
      return () => {
        list.removeEventListener("change", changed);
      };
    },
    () => matchMedia(query).matches,
  );
}

/** Whether the window is as narrow as a phone. */
export function usePhone(): boolean {
  return useMedia("(max-width: 720px)");
}
