import { UNSTABLE_ToastQueue as ToastQueue } from "react-aria-components";

export interface ToastText {
  text: string;
  detail?: string | undefined;
  tone: "info" | "bad";
}

/** What is being said in passing, the newest in front. */
export const queue = new ToastQueue<ToastText>({ maxVisibleToasts: 3 });
