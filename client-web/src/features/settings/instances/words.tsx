import { Plural, Trans } from "@lingui/react/macro";
import { t } from "@lingui/core/macro";
import type { Cut, InCommon, Verdict } from "@kit/api/trust";
import { Note } from "@kit/ui/Page";
import s from "./Instances.module.css";

/** What a rule says, in a word or two. */
export function verdictWord(verdict: Verdict): string {
  switch (verdict) {
    case "allow":
      return t`Speak with it`;
    case "pause":
      return t`Paused`;
    case "block":
      return t`Blocked`;
  }
}

/** Why there is no exchange with an instance. */
export function refusedWord(code: string): string {
  switch (code) {
    case "blocked":
      return t`Blocked`;
    case "paused":
      return t`Paused`;
    case "in_review":
      return t`Waits for you`;
    default:
      return t`Not on the list`;
  }
}

/** How much this instance has in common with another one. */
export function Common({ common }: { common: InCommon }) {
  if (common.community_count === 0) return <Trans>Nothing in common</Trans>;
  const { people_here: here, people_there: there } = common;
  return (
    <>
      <Plural value={common.community_count} one="# community in common" other="# communities in common" />
      {" · "}
      <Trans>
        {here} from here, {there} from there
      </Trans>
    </>
  );
}

/** What a change would cut off, before it is made. */
export function CutsNote({ cuts }: { cuts: readonly Cut[] }) {
  if (cuts.length === 0) return null;
  return (
    <div role="status">
      <Note tone="warn">
        <strong>
          <Trans>This cuts off people who talk to each other now:</Trans>
        </strong>
        <ul className={s.cuts}>
          {cuts.map((cut) => (
            <li key={cut.domain}>
              <b>{cut.domain}</b>: <Common common={cut.common} />
              <small>{cut.common.communities.join(", ")}</small>
            </li>
          ))}
        </ul>
      </Note>
    </div>
  );
}
