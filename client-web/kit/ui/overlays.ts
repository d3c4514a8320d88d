import { create } from "zustand";

/** A dialog that one feature asks for and another one shows. */
export type Overlay =
  | { kind: "invite"; sid: string; channel: string | null }
  | { kind: "create-server" }
  | { kind: "join-by-link" }
  | { kind: "create-channel"; sid: string; parent: string | null; as: "text" | "category" }
  | { kind: "edit-channel"; sid: string; channel: string }
  | { kind: "server-profile"; sid: string };

interface OverlayState {
  current: Overlay | null;
  open: (overlay: Overlay) => void;
  close: () => void;
}

/** Which overlay is open; at most one at a time. */
export const useOverlays = create<OverlayState>()((set) => ({
  current: null,
  open: (overlay) => {
    set({ current: overlay });
  },
  close: () => {
    set({ current: null });
  },
}));

/** Asks for an overlay from anywhere. */
export function openOverlay(overlay: Overlay): void {
  useOverlays.getState().open(overlay);
}

/** The open overlay if it is of that kind, and a way to close it. */
export function useOverlay<K extends Overlay["kind"]>(kind: K): { overlay: Extract<Overlay, { kind: K }> | null; close: () => void } {
  const current = useOverlays((state) => state.current);
  const close = useOverlays((state) => state.close);
  return { overlay: current?.kind === kind ? (current as Extract<Overlay, { kind: K }>) : null, close };
}
