import { lazy, Suspense } from "react";
import { useOverlay } from "@kit/ui/overlays";

const CreateServerDialog = lazy(() => import("./CreateServerDialog").then((module) => ({ default: module.CreateServerDialog })));
const JoinDialog = lazy(() => import("./JoinDialog").then((module) => ({ default: module.JoinDialog })));

/** The dialogs for creating and for joining a community; mounted once, loaded when first asked for. */
export function ServerOverlays() {
  const create = useOverlay("create-server");
  const join = useOverlay("join-by-link");
  return (
    <Suspense fallback={null}>
      {create.overlay ? <CreateServerDialog onClose={create.close} /> : null}
      {join.overlay ? <JoinDialog onClose={join.close} /> : null}
    </Suspense>
  );
}
