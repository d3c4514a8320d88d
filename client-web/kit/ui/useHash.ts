import { useSyncExternalStore } from "react";

const listen = (changed: () => void) => {
  window.addEventListener("hashchange", changed);
  return () => {
    window.removeEventListener("hashchange", changed);
  };
};

/** What stands behind the `#` of the address, also when another link is pasted into the same tab. */
export function useHash(): string {
  return useSyncExternalStore(listen, () => window.location.hash.slice(1));
}
