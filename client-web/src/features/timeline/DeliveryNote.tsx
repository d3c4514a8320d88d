import { Trans } from "@lingui/react/macro";
import { Clock } from "lucide-react";
import type { Delivery } from "./rows";
import s from "./Message.module.css";

/** A word on where the message is, as long as it is not delivered. */
export function DeliveryNote({ delivery }: { delivery: Delivery }) {
  if (delivery !== "sending" && delivery !== "queued" && delivery !== "pending") return null;
  return (
    <span className={s.note}>
      <Clock size={12} aria-hidden="true" />
      {delivery === "sending" ? (
        <Trans>sending</Trans>
      ) : delivery === "queued" ? (
        <Trans>waiting for the connection</Trans>
      ) : (
        <Trans>waiting to be delivered</Trans>
      )}
    </span>
  );
}
