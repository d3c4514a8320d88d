import { X } from "lucide-react";
import { useLingui } from "@lingui/react/macro";
import {
  Text,
  UNSTABLE_Toast as Toast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastRegion as AriaToastRegion,
} from "react-aria-components";
import { cx } from "./cx";
import { IconButton } from "./IconButton";
import { queue } from "./toast-queue";
import s from "./Toasts.module.css";

/** The passing messages themselves; `Toasts` loads it after the page has started. */
export function ToastRegion() {
  const { t } = useLingui();
  return (
    <AriaToastRegion queue={queue} className={s.region ?? ""} aria-label={t`Messages of the application`}>
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
    </AriaToastRegion>
  );
}
