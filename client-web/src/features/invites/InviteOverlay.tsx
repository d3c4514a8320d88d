import { useServer } from "@kit/live";
import { useOverlay } from "@kit/ui/overlays";
import { InviteDialog } from "./InviteDialog";

/** The dialog that makes invitations; mounted once. */
export function InviteOverlay() {
  const { overlay, close } = useOverlay("invite");
  const server = useServer(overlay?.sid);
  return overlay && server ? <InviteDialog server={server} channel={overlay.channel} onClose={close} /> : null;
}
