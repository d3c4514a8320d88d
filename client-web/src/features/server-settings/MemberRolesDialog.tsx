import { useState } from "react";
import { Trans } from "@lingui/react/macro";
import { api, type Member, type Server } from "@kit/api";
import { Button } from "@kit/ui/Button";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { nameOf, RoleInk } from "@kit/ui/Person";
import { CheckField } from "@kit/ui/CheckField";
import { useSubmit } from "@kit/ui/useSubmit";

export interface MemberRolesDialogProps {
  server: Server;
  member: Member;
  onClose: () => void;
  onChanged: () => void;
}

/** Gives and takes roles of one member. */
export function MemberRolesDialog({ server, member, onClose, onChanged }: MemberRolesDialogProps) {
  const [chosen, setChosen] = useState(member.roles);
  const roles = server.roles.filter((role) => !role.everyone).sort((one, other) => other.position - one.position);
  const save = useSubmit(async () => {
    await api.members.change(server.id, member.user.id, { roles: chosen });
    onChanged();
    onClose();
  });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="small"
      title={<Trans>Roles of {nameOf(member.user)}</Trans>}
      footer={
        <>
          <Button onPress={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button variant="primary" isPending={save.pending} onPress={() => void save.run()}>
            <Trans>Save</Trans>
          </Button>
        </>
      }
    >
      <div>
        {roles.map((role) => (
          <CheckField
            key={role.id}
            isSelected={chosen.includes(role.id)}
            onChange={(on) => {
              setChosen(on ? [...chosen, role.id] : chosen.filter((id) => id !== role.id));
            }}
          >
            <RoleInk colour={role.colour}>{role.name}</RoleInk>
          </CheckField>
        ))}
      </div>
      <FormError error={save.error} />
    </Dialog>
  );
}
