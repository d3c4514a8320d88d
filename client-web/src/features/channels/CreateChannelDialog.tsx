import { useId, useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { api, type Server } from "@kit/api";
import { useSync } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Stack } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { SwitchField } from "@kit/ui/SwitchField";
import { TargetPicker } from "@kit/ui/TargetPicker";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import { CategoryField } from "./CategoryField";

export interface CreateChannelDialogProps {
  server: Server;
  kind: "text" | "category";
  parent: string | null;
  onClose: () => void;
}

/** Makes a channel or a category; a private channel with the roles and people who may see it. */
export function CreateChannelDialog({ server, kind, parent: firstParent, onClose }: CreateChannelDialogProps) {
  const { t } = useLingui();
  const form = useId();
  const [, navigate] = useLocation();
  const sync = useSync();
  const [name, setName] = useState("");
  const [topic, setTopic] = useState("");
  const [parent, setParent] = useState(firstParent);
  const [isPrivate, setPrivate] = useState(false);
  const [allow, setAllow] = useState<string[]>([]);
  const isText = kind === "text";
  const submit = useSubmit(async () => {
    const channel = await api.channels.create(server.id, {
      name: name.trim(),
      kind,
      ...(isText ? { parent, topic: topic.trim() } : {}),
      ...(isPrivate ? { private: true, allow } : {}),
    });
    sync.addChannel(server.id, channel);
    onClose();
    if (isText) navigate(`/s/${server.id}/${channel.id}`);
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) void submit.run();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={isText ? <Trans>Create a channel</Trans> : <Trans>Create a category</Trans>}
      footer={
        <>
          <Button onPress={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" form={form} variant="primary" isDisabled={name.trim() === ""} isPending={submit.pending}>
            <Trans>Create</Trans>
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={onSubmit}>
        <Stack>
          <TextField label={t`Name`} value={name} onChange={setName} maxLength={80} isRequired autoFocus error={fieldError(submit.error, "name")} />
          {isText ? (
            <>
              <TextField label={t`What is it for? (optional)`} value={topic} onChange={setTopic} maxLength={1000} error={fieldError(submit.error, "topic")} />
              <CategoryField server={server} value={parent} onChange={setParent} />
            </>
          ) : null}
          <SwitchField label={t`Private`} help={isText ? t`Only the roles and people you choose can see it, and you.` : t`Only the roles and people you choose can see its channels, and you.`} isSelected={isPrivate} onChange={setPrivate} />
          {isPrivate ? <TargetPicker sid={server.id} roles={server.roles} label={t`Add roles and people`} value={allow} onChange={setAllow} without={[server.my_actor]} /> : null}
          <FormError error={submit.error} fields={["name", "topic"]} />
        </Stack>
      </form>
    </Dialog>
  );
}
