import { lazy, Suspense, type ReactNode } from "react";

const OpenConfirmDialog = lazy(() => import("./OpenConfirmDialog").then((m) => ({ default: m.OpenConfirmDialog })));

export interface ConfirmDialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: ReactNode;
  /** What will happen and what cannot be undone. */
  children: ReactNode;
  /** The verb on the button. */
  action: string;
  danger?: boolean;
  /** For acts that destroy much: the name that must be typed first. */
  typedName?: string;
  /** Asks for a reason that goes with the act. */
  askReason?: boolean;
  onConfirm: (reason: string) => Promise<unknown>;
}

/** Asks before something that cannot be taken back. Closes when it has worked, stays and says why when not. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return props.isOpen ? (
    <Suspense fallback={null}>
      <OpenConfirmDialog {...props} />
    </Suspense>
  ) : null;
}
