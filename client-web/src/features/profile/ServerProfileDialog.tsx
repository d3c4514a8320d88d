import { useId, useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import type { Member, Server, User } from "@kit/api";
import { profileApi } from "@kit/api/profile";
import { useSync } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Note, Stack } from "@kit/ui/Page";
import { nameOf, pictureOf } from "@kit/ui/Person";
import { PictureField } from "@kit/ui/PictureField";
import { fieldError } from "@kit/ui/problem";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import { useMember } from "./useMember";

export interface ServerProfileDialogProps {
  server: Server;
  /** Oneself, as the community shows one. */
  user: User;
  onClose: () => void;
}

/** Another name and another picture for one community. */
export function ServerProfileDialog({ server, user, onClose }: ServerProfileDialogProps) {
  const { t } = useLingui();
  const form = useId();
  const sync = useSync();
  const { member } = useMember(server.id, user);
  const [name, setName] = useState(user.here?.display_name ?? "");
  const took = (changed: Member) => {
    sync.learnMembers(server.id, [changed]);
  };
  const submit = useSubmit(async () => {
    took(await profileApi.setNameIn(server.id, name.trim()));
    onClose();
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit.run();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={<Trans>How you appear in {server.name}</Trans>}
      size="small"
      footer={
        <>
          <Button onPress={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" form={form} variant="primary" isPending={submit.pending}>
            <Trans>Save</Trans>
          </Button>
        </>
      }
    >
      <form id={form} noValidate onSubmit={onSubmit}>
        <Stack>
          {member?.plain ? (
            <Note>
              <Trans>A moderator shows you here by your usual name and picture. What you choose is seen once that is lifted.</Trans>
            </Note>
          ) : null}
          <PictureField
            id={user.id}
            name={nameOf(user)}
            src={pictureOf(user)}
            shape="round"
            isRemovable={Boolean(user.here?.avatar)}
            onChange={async (picture) => {
              took(await profileApi.setPictureIn(server.id, picture));
            }}
            onRemove={async () => {
              took(await profileApi.removePictureIn(server.id));
            }}
          />
          <TextField label={t`Name here`} value={name} onChange={setName} maxLength={64} placeholder={user.display_name} autoComplete="off" help={t`Empty for your usual name. Your address stays the same.`} error={fieldError(submit.error, "display_name")} />
          <FormError error={submit.error} fields={["display_name"]} />
        </Stack>
      </form>
    </Dialog>
  );
}
