import { lazy, Suspense } from "react";
import { explain } from "./problem";
import { queue } from "./toast-queue";

const ToastRegion = lazy(() => import("./ToastRegion").then((m) => ({ default: m.ToastRegion })));

/** Says something in passing, for 6 seconds; for what the person did and can see happened. */
export function toast(text: string): void {
  queue.add({ text, tone: "info" }, { timeout: 6000 });
}

/** Says that something failed which has no place of its own on the page. Stays until closed. */
export function toastError(error: unknown): void {
  const { title, detail } = explain(error);
  queue.add({ text: title, detail, tone: "bad" });
}

/** Where the passing messages appear; mounted once. */
export function Toasts() {
  return (
    <Suspense fallback={null}>
      <ToastRegion />
    </Suspense>
  );
}
