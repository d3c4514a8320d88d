import { X } from "lucide-react";
import { useLingui } from "@lingui/react/macro";
import {
  Text,
  UNSTABLE_Toast as Toast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from "react-aria-components";
import { cx } from "./cx";
import { IconButton } from "./IconButton";
import { explain } from "./problem";
import s from "./Toasts.module.css";

interface Content {
  text: string;
  detail?: string | undefined;
  tone: "info" | "bad";
}

const queue = new ToastQueue<Content>({ maxVisibleToasts: 3 });

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
  const { t } = useLingui();
  return (
    <ToastRegion queue={queue} className={s.region ?? ""} aria-label={t`Messages of the application`}>
      {({ toast: shown }) => (
        <Toast toast={shown} className={cx(s.toast, shown.content.tone === "bad" && s.bad)}>
          <ToastContent className={s.content ?? ""}>
            <Text slot="title">{shown.content.text}</Text>
            {shown.content.detail ? (
              <Text slot="description" className={s.detail ?? ""}>
                {shown.content.detail}
              </Text>
            ) : null}
          </ToastContent>
          <IconButton slot="close" label={t`Close`}>
            <X size={16} />
          </IconButton>
        </Toast>
      )}
    </ToastRegion>
  );
}
