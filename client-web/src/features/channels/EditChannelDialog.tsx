import { Shield, Trash2 } from "lucide-react";
import { useId, useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { api, type Channel, type Server } from "@kit/api";
import { can } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Stack } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import { CategoryField } from "./CategoryField";

/** Changes a channel's name, topic and category, leads to its permissions, deletes it. */
export function EditChannelDialog({ server, channel, onClose }: { server: Server; channel: Channel; onClose: () => void }) {
  const { t } = useLingui();
  const form = useId();
  const [, navigate] = useLocation();
  const [name, setName] = useState(channel.name);
  const [topic, setTopic] = useState(channel.topic);
  const [parent, setParent] = useState(channel.parent);
  const [confirming, setConfirming] = useState(false);
  const isText = channel.kind === "text";
  const submit = useSubmit(async () => {
    await api.channels.update(server.id, channel.id, {
      ...(name.trim() === channel.name ? {} : { name: name.trim() }),
      ...(isText && topic.trim() !== channel.topic ? { topic: topic.trim() } : {}),
      ...(isText && parent !== channel.parent ? { parent } : {}),
    });
    onClose();
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) void submit.run();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={isText ? <Trans>Edit #{channel.name}</Trans> : <Trans>Edit {channel.name}</Trans>}
      footer={
        <>
          <Button onPress={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" form={form} variant="primary" isDisabled={name.trim() === ""} isPending={submit.pending}>
            <Trans>Save</Trans>
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={onSubmit}>
        <Stack>
          <TextField label={t`Name`} value={name} onChange={setName} maxLength={80} isRequired autoFocus error={fieldError(submit.error, "name")} />
          {isText ? (
            <>
              <TextField label={t`What is it for?`} multiline value={topic} onChange={setTopic} maxLength={1000} error={fieldError(submit.error, "topic")} />
              <CategoryField server={server} value={parent} onChange={setParent} />
            </>
          ) : null}
          <FormError error={submit.error} fields={["name", "topic"]} />
        </Stack>
      </form>
      {can(server, "manage_roles") ? (
        <Button
          icon={<Shield size={16} />}
          onPress={() => {
            onClose();
            navigate(`/s/${server.id}/settings/channels/${channel.id}`);
          }}
        >
          <Trans>Who may do what here</Trans>
        </Button>
      ) : null}
      <Button variant="plain" icon={<Trash2 size={16} />} onPress={() => { setConfirming(true); }}>
        {isText ? <Trans>Delete channel</Trans> : <Trans>Delete category</Trans>}
      </Button>
      <ConfirmDialog
        isOpen={confirming}
        onClose={() => {
          setConfirming(false);
        }}
        title={isText ? <Trans>Delete #{channel.name}?</Trans> : <Trans>Delete the category {channel.name}?</Trans>}
        action={t`Delete`}
        danger
        onConfirm={async () => {
          await api.channels.remove(server.id, channel.id);
          onClose();
        }}
      >
        {isText ? <Trans>All its messages go with it, for everybody. This cannot be undone.</Trans> : <Trans>Its channels stay and move to the top of the list.</Trans>}
      </ConfirmDialog>
    </Dialog>
  );
}
