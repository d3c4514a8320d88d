import { useOverlay } from "@kit/ui/overlays";
import { CreateServerDialog } from "./CreateServerDialog";
import { JoinDialog } from "./JoinDialog";

/** The dialogs for creating and for joining a community; mounted once. */
export function ServerOverlays() {
  const create = useOverlay("create-server");
  const join = useOverlay("join-by-link");
  return (
    <>
      {create.overlay ? <CreateServerDialog onClose={create.close} /> : null}
      {join.overlay ? <JoinDialog onClose={join.close} /> : null}
    </>
  );
}
