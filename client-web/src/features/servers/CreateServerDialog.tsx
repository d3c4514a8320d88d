import { FileText, Users } from "lucide-react";
import { useId, useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { api } from "@kit/api";
import { useSync } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ChoiceField } from "@kit/ui/ChoiceField";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { fieldError } from "@kit/ui/problem";
import { SwitchField } from "@kit/ui/SwitchField";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import { Stack } from "@kit/ui/Page";

/** Makes a community that lives at this place. */
export function CreateServerDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const sync = useSync();
  const form = useId();
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const [template, setTemplate] = useState<"community" | "blank">("community");
  const [isPublic, setPublic] = useState(false);
  const submit = useSubmit(async () => {
    const server = await api.servers.create({ name: name.trim(), template, public: isPublic });
    sync.addServer(server);
    onClose();
    navigate(`/s/${server.id}`);
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) void submit.run();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={<Trans>Create a community</Trans>}
      lead={<Trans>You will own it. Everything here can be changed later.</Trans>}
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
          <ChoiceField
            label={t`Begin with`}
            layout="cards"
            value={template}
            onChange={setTemplate}
            choices={[
              { id: "community", name: t`A few channels`, help: t`Announcements, a place to say hello and one to talk, sorted for you.`, icon: <Users size={20} /> },
              { id: "blank", name: t`An empty one`, help: t`One channel. You make the rest as you need it.`, icon: <FileText size={20} /> },
            ]}
          />
          <SwitchField label={t`Show it in the list of communities`} help={t`Anybody can find it and join. Otherwise people need an invitation.`} isSelected={isPublic} onChange={setPublic} />
          <FormError error={submit.error} fields={["name"]} />
        </Stack>
      </form>
    </Dialog>
  );
}
