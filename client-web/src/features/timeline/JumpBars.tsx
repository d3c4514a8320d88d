import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { ArrowDown, ArrowUp, CheckCheck } from "lucide-react";
import { Button } from "react-aria-components";
import { formatFull } from "./format";
import type { Divider } from "./useDivider";
import s from "./Timeline.module.css";

export interface JumpBarsProps {
  divider: Divider;
  /** Time of the first unread message, where known. */
  first: number | null;
  showUnread: boolean;
  onFirstUnread: () => void;
  onDone: () => void;
  showPresent: boolean;
  /** Messages that came while the person was reading further up. */
  missed: number;
  onPresent: () => void;
}

/** Over the timeline: up to the first unread message, down to the newest one. */
export function JumpBars(props: JumpBarsProps) {
  const { t } = useLingui();
  const { divider, first } = props;
  return (
    <>
      {props.showUnread ? (
        <div className={s.unreadBar}>
          <Button className={s.unreadJump ?? ""} onPress={props.onFirstUnread}>
            <ArrowUp size={16} aria-hidden="true" />
            <span>
              <Plural value={divider.count} one="# new message" other="# new messages" />
              {first !== null ? (
                <>
                  {" "}
                  <Trans>since {formatFull(first)}</Trans>
                </>
              ) : null}
            </span>
          </Button>
          <Button className={s.unreadDone ?? ""} onPress={props.onDone}>
            <CheckCheck size={16} aria-hidden="true" /> <Trans>Mark as read</Trans>
          </Button>
        </div>
      ) : null}
      {props.showPresent ? (
        <Button
          className={s.present ?? ""}
          onPress={props.onPresent}
          aria-label={props.missed > 0 ? t`Go to the newest message, ${props.missed} new` : t`Go to the newest message`}
        >
          <ArrowDown size={18} aria-hidden="true" />
          {props.missed > 0 ? <span>{props.missed > 99 ? "99+" : props.missed}</span> : null}
        </Button>
      ) : null}
    </>
  );
}
