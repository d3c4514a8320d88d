import { useId, useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { AtSign } from "lucide-react";
import type { User } from "@kit/api";
import { profileApi } from "@kit/api/profile";
import { useMe, useSync } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Stack } from "@kit/ui/Page";
import { Handle } from "@kit/ui/Person";
import { fieldError } from "@kit/ui/problem";
import { Section } from "@kit/ui/SettingsLayout";
import { TextField } from "@kit/ui/TextField";
import { toast } from "@kit/ui/Toasts";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./Rows.module.css";

/** The name by which the person is found and signs in. */
export function NameSection() {
  const { t } = useLingui();
  const { user } = useMe();
  const [changing, setChanging] = useState(false);
  return (
    <Section title={<Trans>Your address</Trans>} lead={t`People everywhere find you by it, and you sign in with the name in front.`}>
      <div className={s.list}>
        <div className={s.row}>
          <AtSign size={20} aria-hidden />
          <div className={s.text}>
            <Handle user={user} />
          </div>
          <div className={s.acts}>
            <Button onPress={() => { setChanging(true); }}>
              <Trans>Change</Trans>
            </Button>
          </div>
        </div>
      </div>
      {changing ? <NameDialog user={user} onClose={() => { setChanging(false); }} /> : null}
    </Section>
  );
}

function NameDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useLingui();
  const form = useId();
  const sync = useSync();
  const proof = useProof();
  const [handle, setHandle] = useState(user.handle);
  const typed = handle.trim().toLowerCase();
  const ready = typed !== "" && typed !== user.handle;
  const submit = useSubmit(async () => {
    const me = await proof.proven(() => profileApi.rename(typed));
    sync.setMe(me);
    toast(t`You are ${me.user.handle}@${me.user.domain} now.`);
    onClose();
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) void submit.run();
  };
  return (
    <>
      <Dialog
        isOpen
        onClose={onClose}
        title={<Trans>Change your address</Trans>}
        size="small"
        footer={
          <>
            <Button onPress={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" form={form} variant="primary" isDisabled={!ready} isPending={submit.pending}>
              <Trans>Change</Trans>
            </Button>
          </>
        }
      >
        <form id={form} noValidate onSubmit={onSubmit}>
          <Stack>
            <TextField label={t`Name`} value={handle} onChange={setHandle} autoComplete="off" spellCheck="false" maxLength={32} isRequired autoFocus help={t`Small letters, digits and - _ . are allowed. It goes on with @${user.domain}.`} error={fieldError(submit.error, "handle")} />
            <p>
              <Trans>Whoever looks for your old name will not find you. Nobody else ever gets it; you can take it back. What you wrote and where you are a member stays.</Trans>
            </p>
            <FormError error={submit.error} fields={["handle"]} />
          </Stack>
        </form>
      </Dialog>
      {proof.dialog}
    </>
  );
}
