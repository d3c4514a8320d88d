import { Trans, useLingui } from "@lingui/react/macro";
import { Skeleton } from "@kit/ui/States";
import { cx } from "@kit/ui/cx";
import { useState } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { formatDay } from "./format";
import s from "./Timeline.module.css";

/** The line that begins a day; a click chooses another day to go to. */
export function DayLine({ ts, isNew, onGo }: { ts: number; isNew: boolean; onGo: (time: number) => void }) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const label = formatDay(ts, Date.now());
  return (
    <div className={cx(s.line, isNew && s.new)}>
      <DialogTrigger isOpen={open} onOpenChange={setOpen}>
        <Button className={s.day ?? ""} excludeFromTabOrder aria-label={t`${label}, go to another day`}>
          {label}
        </Button>
        <Popover placement="bottom" className={s.popover ?? ""}>
          <Dialog className={s.dayDialog ?? ""} aria-label={t`Go to a day`}>
            <label className={s.dayField}>
              <Trans>Go to a day</Trans>
              <input
                type="date"
                max={new Date().toISOString().slice(0, 10)}
                onChange={(event) => {
                  const time = event.currentTarget.valueAsNumber;
                  if (!Number.isFinite(time)) return;
                  setOpen(false);
                  onGo(time + new Date(time).getTimezoneOffset() * 60_000);
                }}
              />
            </label>
          </Dialog>
        </Popover>
      </DialogTrigger>
      {isNew ? (
        <span className={s.newWord}>
          <Trans>New</Trans>
        </span>
      ) : null}
    </div>
  );
}

/** Where the unread part begins. */
export function NewLine() {
  const { t } = useLingui();
  return (
    <div className={cx(s.line, s.new)} role="separator" aria-label={t`New messages`}>
      <span>
        <Trans>New</Trans>
      </span>
    </div>
  );
}

/** Shapes of messages that are being fetched. */
export function MessageSkeletons({ count }: { count: number }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: count }, (_, i) => (
        <div key={i} className={s.skeleton}>
          <Skeleton round height={36} />
          <div className={s.skeletonLines}>
            <Skeleton width={`${90 + ((i * 37) % 80)}px`} />
            <Skeleton width={`${45 + ((i * 23) % 45)}%`} />
            {i % 3 === 0 ? <Skeleton width={`${30 + ((i * 17) % 40)}%`} /> : null}
          </div>
        </div>
      ))}
    </div>
  );
}
