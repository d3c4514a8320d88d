import { KeyRound } from "lucide-react";
import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { api, type Factors, type Passkey } from "@kit/api";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { Note } from "@kit/ui/Page";
import { passkeysSupported } from "@kit/ui/passkey";
import { Section } from "@kit/ui/SettingsLayout";
import { toast } from "@kit/ui/Toasts";
import { useProof } from "@kit/ui/useProof";
import { PasskeyDialog, RenamePasskeyDialog } from "./PasskeyDialog";
import s from "./Rows.module.css";

interface Props {
  factors: Factors;
  onAdded: (codes: string[]) => Promise<unknown>;
  onChanged: () => Promise<unknown>;
}

/** The person's passkeys: adding, naming and removing them. */
export function PasskeysSection({ factors, onAdded, onChanged }: Props) {
  const { t } = useLingui();
  const { instance } = useSession();
  const [adding, setAdding] = useState(false);
  const [renaming, setRenaming] = useState<Passkey | null>(null);
  const [removing, setRemoving] = useState<Passkey | null>(null);
  const proof = useProof();
  const last = factors.passkeys.length === 1 && !factors.authenticator;
  return (
    <Section
      title={<Trans>Passkeys</Trans>}
      lead={t`A passkey signs you in with your fingerprint, your face or a PIN: there is nothing to type, and nothing that a false page could take from you.`}
    >
      {factors.passkeys.length > 0 ? (
        <ul className={s.list} aria-label={t`Passkeys`}>
          {factors.passkeys.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} onRename={() => { setRenaming(passkey); }} onRemove={() => { setRemoving(passkey); }} />
          ))}
        </ul>
      ) : null}
      {!instance?.passkeys ? (
        <Note>
          <Trans>This place is reached by a bare number, and browsers make passkeys for names only.</Trans>
        </Note>
      ) : !passkeysSupported() ? (
        <Note>
          <Trans>This browser cannot make passkeys. Try a newer one.</Trans>
        </Note>
      ) : (
        <div>
          <Button onPress={() => { setAdding(true); }}>
            <Trans>Add a passkey</Trans>
          </Button>
        </div>
      )}
      {adding ? (
        <PasskeyDialog
          proven={proof.proven}
          first={factors.passkeys.length === 0 && !factors.authenticator}
          onClose={() => {
            setAdding(false);
            // The answer may have been lost.
            void onChanged();
          }}
          onDone={(added) => {
            setAdding(false);
            void onAdded(added.codes);
            if (added.codes.length === 0) toast(t`The passkey is added.`);
          }}
        />
      ) : null}
      {renaming ? (
        <RenamePasskeyDialog
          passkey={renaming}
          onClose={() => {
            setRenaming(null);
            // It may be gone already.
            void onChanged();
          }}
          onDone={() => {
            setRenaming(null);
            void onChanged();
          }}
        />
      ) : null}
      <ConfirmDialog
        isOpen={removing !== null}
        onClose={() => {
          setRemoving(null);
          void onChanged();
        }}
        title={<Trans>Remove the passkey {removing?.name}?</Trans>}
        action={t`Remove the passkey`}
        danger
        onConfirm={async () => {
          if (removing) await proof.proven(() => api.factors.removePasskey(removing.id));
          await onChanged();
          toast(last ? t`The password alone signs you in again.` : t`The passkey is removed.`);
        }}
      >
        {last ? (
          <Trans>It does not sign you in any more. It is your last one, so that the password alone is enough then, and your recovery codes stop working.</Trans>
        ) : (
          <Trans>It does not sign you in any more. Delete it on your device, too, so that it is not offered there.</Trans>
        )}
      </ConfirmDialog>
      {proof.dialog}
    </Section>
  );
}

function PasskeyRow({ passkey, onRename, onRemove }: { passkey: Passkey; onRename: () => void; onRemove: () => void }) {
  const { t, i18n } = useLingui();
  const day = (at: number) => i18n.date(new Date(at), { dateStyle: "medium" });
  return (
    <li className={s.row}>
      <KeyRound size={22} aria-hidden="true" />
      <div className={s.text}>
        <strong>{passkey.name}</strong>
        <span>
          <Trans>added {day(passkey.created_at)}</Trans> · {passkey.used_at ? <Trans>last used {day(passkey.used_at)}</Trans> : <Trans>not used yet</Trans>}
        </span>
      </div>
      <div className={s.acts}>
        <Button size="small" aria-label={t`Rename ${passkey.name}`} onPress={onRename}>
          <Trans>Rename</Trans>
        </Button>
        <Button size="small" aria-label={t`Remove ${passkey.name}`} onPress={onRemove}>
          <Trans>Remove</Trans>
        </Button>
      </div>
    </li>
  );
}
