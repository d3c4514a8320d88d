import { Trans, useLingui } from "@lingui/react/macro";
import type { ProfilePlace } from "@kit/api/identity";

/** How it stands with a place that was chosen for the profile. */
export function PlaceWord({ place }: { place: ProfilePlace | undefined }) {
  const { i18n } = useLingui();
  const problem = <Problem code={place?.problem ?? null} />;
  const day = place ? i18n.date(new Date(place.since), { dateStyle: "medium" }) : "";
  switch (place?.state) {
    case undefined:
      return null;
    case "kept":
      return place.problem === null ? (
        <span>
          <Trans>Kept there since {day}, up to date</Trans>
        </span>
      ) : (
        <span>
          <Trans>Kept there since {day}.</Trans> {problem}
        </span>
      );
    case "moving":
      return (
        <span>
          {place.problem === null ? <Trans>On its way there…</Trans> : <Trans>Not there yet.</Trans>} {problem}
        </span>
      );
    case "leaving":
      return (
        <span>
          <Trans>Asked to erase it; not confirmed yet.</Trans> {problem}
        </span>
      );
    case "left":
      return <span>{place.confirmed ? <Trans>Has signed that it keeps nothing any more</Trans> : <Trans>Never confirmed that it erased it</Trans>}</span>;
    case "refused":
      return (
        <span>
          <Trans>Does not keep it (any more).</Trans> {problem}
        </span>
      );
  }
}

function Problem({ code }: { code: string | null }) {
  switch (code) {
    case null:
      return null;
    case "internal":
      return <Trans>Something went wrong here; it is tried again.</Trans>;
    case "peer_unreachable":
      return <Trans>It does not answer; it is tried again.</Trans>;
    case "altered":
    case "lost":
    case "stale_rev":
      return <Trans>It did not show what it was given, and gets it again.</Trans>;
    case "quota":
      return <Trans>It has no room for more.</Trans>;
    case "no_grant":
    case "blocked":
    case "not_allowed":
      return <Trans>It does not want profiles from here.</Trans>;
    default:
      return <Trans>It answered with an error ({code}).</Trans>;
  }
}
