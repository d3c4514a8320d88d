import { lazy, Suspense } from "react";
import { useServer } from "@kit/live";
import { useOverlay } from "@kit/ui/overlays";

const InviteDialog = lazy(() => import("./InviteDialog").then((module) => ({ default: module.InviteDialog })));

/** The dialog that makes invitations; mounted once, loaded when first asked for. */
export function InviteOverlay() {
  const { overlay, close } = useOverlay("invite");
  const server = useServer(overlay?.sid);
  return <Suspense fallback={null}>{overlay && server ? <InviteDialog server={server} channel={overlay.channel} onClose={close} /> : null}</Suspense>;
}
