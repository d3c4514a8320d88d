import { Trans, useLingui } from "@lingui/react/macro";
import { identityApi } from "@kit/api/identity";
import { claim, replacement } from "@kit/identity/own-key";
import { useMe, useSync } from "@kit/live";
import { Dialog } from "@kit/ui/Dialog";
import { toast } from "@kit/ui/Toasts";
import { useProof } from "@kit/ui/useProof";
import { KeepKey } from "@kit/identity/KeepKey";

/** A new key; `before` is the one that it replaces, if there is one. */
export function OwnKeyDialog({ before, onClose }: { before: Uint8Array | null; onClose: () => void }) {
  const { t } = useLingui();
  const me = useMe();
  const sync = useSync();
  const proof = useProof();
  const keep = async (seed: Uint8Array) => {
    await proof.proven(async () => {
      // Signed anew after the proof: the identity may have changed meanwhile.
      const identity = await identityApi.get();
      await identityApi.setOwnKey(claim(identity, seed), before ? replacement(identity, before, seed) : undefined);
    });
    sync.setMe({ ...me, own_key: true });
    toast(before ? t`The new key counts from now on. The one before opens nothing any more.` : t`Your key counts from now on.`);
    onClose();
  };
  return (
    <>
      <Dialog isOpen onClose={onClose} title={before ? <Trans>Your new key</Trans> : <Trans>Your own key</Trans>} lead={<Trans>It is made in this browser and sent to nobody. Save it before you use it.</Trans>}>
        <KeepKey user={me.user} onKept={keep} onLater={onClose} />
      </Dialog>
      {proof.dialog}
    </>
  );
}
