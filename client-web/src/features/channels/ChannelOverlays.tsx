import { lazy, Suspense } from "react";
import { useServer } from "@kit/live";
import { useOverlay } from "@kit/ui/overlays";

const CreateChannelDialog = lazy(() => import("./CreateChannelDialog").then((m) => ({ default: m.CreateChannelDialog })));
const EditChannelDialog = lazy(() => import("./EditChannelDialog").then((m) => ({ default: m.EditChannelDialog })));

/** The dialogs for making and changing a channel or category; mounted once. */
export function ChannelOverlays() {
  const create = useOverlay("create-channel");
  const edit = useOverlay("edit-channel");
  const createIn = useServer(create.overlay?.sid);
  const editIn = useServer(edit.overlay?.sid);
  const channel = editIn?.channels.find((c) => c.id === edit.overlay?.channel);
  return (
    <Suspense fallback={null}>
      {create.overlay && createIn ? <CreateChannelDialog server={createIn} kind={create.overlay.as} parent={create.overlay.parent} onClose={create.close} /> : null}
      {editIn && channel ? <EditChannelDialog server={editIn} channel={channel} onClose={edit.close} /> : null}
    </Suspense>
  );
}
