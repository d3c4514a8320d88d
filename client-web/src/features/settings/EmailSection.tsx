import { useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Mail } from "lucide-react";
import { accountApi } from "@kit/api/account";
import { useMe, useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FormError } from "@kit/ui/FormError";
import { Note, Stack } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { Section } from "@kit/ui/SettingsLayout";
import { TextField } from "@kit/ui/TextField";
import { toast } from "@kit/ui/Toasts";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./Rows.module.css";

/** The e-mail address of the account, where there is mail. */
export function EmailSection() {
  const { t } = useLingui();
  const { email } = useMe();
  const { instance } = useSession();
  const [changing, setChanging] = useState(false);
  const [removing, setRemoving] = useState(false);
  const proof = useProof();
  if (!instance || (instance.email === "off" && email.address === null)) return null;
  const mine = email.address;
  return (
    <Section title={<Trans>E-mail address</Trans>} lead={t`If you forget your password, a link to a new one comes here, and you hear of sign-ins on new devices. Others do not see it.`}>
      {mine === null ? null : (
        <div className={s.list}>
          <div className={s.row}>
            <Mail size={20} aria-hidden />
            <div className={s.text}>{mine}</div>
            <div className={s.acts}>
              {changing || email.pending ? null : (
                <Button onPress={() => { setChanging(true); }}>
                  <Trans>Change</Trans>
                </Button>
              )}
              {instance.email === "required" ? null : (
                <Button onPress={() => { setRemoving(true); }}>
                  <Trans>Remove</Trans>
                </Button>
              )}
            </div>
          </div>
        </div>
      )}
      {email.pending ? <Pending address={email.pending.address} refused={email.pending.refused} proven={proof.proven} /> : null}
      {(mine === null || changing) && (!email.pending || email.pending.refused) ? <EmailForm proven={proof.proven} onDone={() => { setChanging(false); }} /> : null}
      <ConfirmDialog
        isOpen={removing}
        onClose={() => { setRemoving(false); }}
        title={<Trans>Remove the address?</Trans>}
        action={t`Remove the address`}
        danger
        onConfirm={async () => {
          await proof.proven(() => accountApi.removeEmail());
          toast(t`The address is removed.`);
        }}
      >
        <Trans>If you forget your password then, only whoever runs this place can help you.</Trans>
      </ConfirmDialog>
      {proof.dialog}
    </Section>
  );
}

type Proven = ReturnType<typeof useProof>["proven"];

function Pending({ address, refused, proven }: { address: string; refused: boolean; proven: Proven }) {
  const { t } = useLingui();
  const again = useSubmit(async () => {
    await proven(() => accountApi.putEmail(address));
    toast(t`Another letter is on its way.`);
  });
  const withdraw = useSubmit(() => accountApi.withdrawEmail());
  return (
    <Stack>
      <div role="status">
        <Note tone={refused ? "warn" : "info"}>
          {refused ? (
            <Trans>The letter to {address} came back: there is no such mailbox. Type the address once more.</Trans>
          ) : (
            <Trans>A letter is on its way to {address}. Open the link in it to confirm that it is yours.</Trans>
          )}
        </Note>
      </div>
      <FormError error={again.error ?? withdraw.error} />
      <div className={s.acts}>
        {refused ? null : (
          <Button isPending={again.pending} onPress={() => void again.run()}>
            <Trans>Send it again</Trans>
          </Button>
        )}
        <Button variant="plain" isPending={withdraw.pending} onPress={() => void withdraw.run()}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </Stack>
  );
}

function EmailForm({ proven, onDone }: { proven: Proven; onDone: () => void }) {
  const { t } = useLingui();
  const [typed, setTyped] = useState("");
  const submit = useSubmit(async () => {
    await proven(() => accountApi.putEmail(typed));
    setTyped("");
    onDone();
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim()) void submit.run();
  };
  return (
    <form noValidate onSubmit={onSubmit}>
      <Stack>
        <TextField label={t`E-mail address`} type="email" name="email" value={typed} onChange={setTyped} autoComplete="email" maxLength={254} error={fieldError(submit.error, "email")} />
        <FormError error={submit.error} fields={["email"]} />
        <div>
          <Button type="submit" variant="primary" isDisabled={!typed.trim()} isPending={submit.pending}>
            <Trans>Send me a letter</Trans>
          </Button>
        </div>
      </Stack>
    </form>
  );
}
