import { Trans } from "@lingui/react/macro";
import type { User } from "@kit/api";
import { identityApi } from "@kit/api/identity";
import { claim } from "@kit/identity/own-key";
import { Button } from "@kit/ui/Button";
import { CardPage } from "@kit/ui/Page";
import { KeepKey } from "@kit/identity/KeepKey";
import { WhyAKey } from "@kit/identity/WhyAKey";

/** The last step of signing up: a key of one's own, or not now; and, for whoever wants, another place for the profile. */
export function OwnKeyStep({ user, onDone, onPlace }: { user: User; onDone: () => void; onPlace: () => void }) {
  return (
    <CardPage
      title={<Trans>Make it yours for good</Trans>}
      lead={<WhyAKey />}
      after={
        <>
          <Trans>Your profile lies at {user.domain}.</Trans>{" "}
          <Button size="small" onPress={onPlace}>
            <Trans>Choose another place</Trans>
          </Button>
        </>
      }
    >
      <KeepKey
        user={user}
        onKept={async (seed) => {
          await identityApi.setOwnKey(claim(await identityApi.get(), seed));
          onDone();
        }}
        onLater={onDone}
      />
    </CardPage>
  );
}
