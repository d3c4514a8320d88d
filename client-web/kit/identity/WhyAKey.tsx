import { Trans } from "@lingui/react/macro";

/** What a key of one's own is for, in two sentences. */
export function WhyAKey() {
  return <Trans>With a key that you alone hold you can take your account to another place, even if this one is gone one day. Nobody can make you another one, not even those who run this place.</Trans>;
}
