import { channelKey } from "@kit/sync";
import { useLive } from "@kit/live";
import { nameOf } from "@kit/ui/Person";
import { Trans } from "@lingui/react/macro";
import s from "./Shell.module.css";

/** Who writes at the moment. Keeps its height, so that nothing moves. */
export function TypingLine({ sid, cid }: { sid: string; cid: string }) {
  const people = useLive((state) => state.typing[channelKey(sid, cid)]);
  const names = (people ?? []).map((p) => nameOf(p.user));
  const [first, second] = names;
  return (
    <div className={s.typing}>
      {names.length === 0 ? null : names.length === 1 ? (
        <Trans>{first} is writing…</Trans>
      ) : names.length === 2 ? (
        <Trans>
          {first} and {second} are writing…
        </Trans>
      ) : (
        <Trans>Several people are writing…</Trans>
      )}
    </div>
  );
}
