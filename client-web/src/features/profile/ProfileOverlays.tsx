import { lazy, Suspense } from "react";
import { useServer, useUser } from "@kit/live";
import { useOverlay } from "@kit/ui/overlays";

const ServerProfileDialog = lazy(() => import("./ServerProfileDialog").then((m) => ({ default: m.ServerProfileDialog })));

/** How one appears in a community, for whoever asks for it with `openOverlay`. */
export function ProfileOverlays() {
  const { overlay, close } = useOverlay("server-profile");
  const server = useServer(overlay?.sid);
  const me = useUser(server?.my_actor, server?.id);
  return server && me ? (
    <Suspense fallback={null}>
      <ServerProfileDialog server={server} user={me} onClose={close} />
    </Suspense>
  ) : null;
}
