import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { api, type Server } from "@kit/api";
import { can } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { CopyField } from "@kit/ui/CopyField";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Note } from "@kit/ui/Page";
import { SelectField } from "@kit/ui/SelectField";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./InviteDialog.module.css";

const lifetimes = ["1800", "3600", "43200", "86400", "604800", "2592000", "never"] as const;
const uses = ["1", "5", "10", "25", "100", "any"] as const;

/** Makes an invitation to a community or straight to one of its channels, and gives its link. */
export function InviteDialog({ server, channel, onClose }: { server: Server; channel: string | null; onClose: () => void }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [lifetime, setLifetime] = useState<(typeof lifetimes)[number]>("604800");
  const [most, setMost] = useState<(typeof uses)[number]>("any");
  const [target, setTarget] = useState(channel ?? "all");
  const [role, setRole] = useState("none");
  const [link, setLink] = useState<string | null>(null);
  const roles = server.roles.filter((candidate) => !candidate.everyone && !candidate.permissions.includes("admin"));
  const channels = server.channels.filter((candidate) => candidate.kind === "text" && !candidate.private);
  const submit = useSubmit(async () => {
    const invite = await api.invites.create(server.id, {
      expires_in_s: lifetime === "never" ? null : Number(lifetime),
      max_uses: most === "any" ? null : Number(most),
      ...(target === "all" ? {} : { channel: target }),
      ...(role === "none" ? {} : { roles: [role] }),
    });
    setLink(invite.url ?? (invite.code ? `${location.protocol}//${server.hub_domain}/invite/${invite.code}` : null));
    await queries.invalidateQueries({ queryKey: ["invites", server.id] });
  });
  const changed = <V,>(set: (value: V) => void) => (value: V) => {
    set(value);
    setLink(null);
  };
  const lifetimeNames: Record<(typeof lifetimes)[number], string> = { "1800": t`30 minutes`, "3600": t`1 hour`, "43200": t`12 hours`, "86400": t`1 day`, "604800": t`7 days`, "2592000": t`30 days`, never: t`always` };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={<Trans>Invite people to {server.name}</Trans>}
      lead={<Trans>They can come with an account of any place.</Trans>}
      footer={
        <>
          {can(server, "manage_invites") ? (
            <Button
              variant="plain"
              onPress={() => {
                onClose();
                navigate(`/s/${server.id}/settings/invites`);
              }}
            >
              <Trans>All invitations</Trans>
            </Button>
          ) : null}
          {link ? (
            <Button onPress={onClose}>
              <Trans>Done</Trans>
            </Button>
          ) : (
            <Button variant="primary" isPending={submit.pending} onPress={() => void submit.run()}>
              <Trans>Make the link</Trans>
            </Button>
          )}
        </>
      }
    >
      <div className={s.pair}>
        <SelectField label={t`The link works for`} value={lifetime} onChange={changed(setLifetime)} options={lifetimes.map((id) => ({ id, name: lifetimeNames[id] }))} />
        <SelectField label={t`How many people`} value={most} onChange={changed(setMost)} options={uses.map((id) => ({ id, name: id === "any" ? t`any number` : id }))} />
        {channels.length > 0 ? <SelectField label={t`They arrive in`} value={target} onChange={changed(setTarget)} options={[{ id: "all", name: t`the first channel` }, ...channels.map((c) => ({ id: c.id, name: `#${c.name}` }))]} /> : null}
        {can(server, "manage_roles") && roles.length > 0 ? <SelectField label={t`They get the role`} value={role} onChange={changed(setRole)} options={[{ id: "none", name: t`none` }, ...roles.map((r) => ({ id: r.id, name: r.name }))]} /> : null}
      </div>
      {server.hub.reachable ? null : (
        <Note tone="warn">
          <Trans>{server.hub_domain} does not answer at the moment, so a link can only be made later.</Trans>
        </Note>
      )}
      <FormError error={submit.error} />
      {link ? <CopyField label={t`Send this link to those you invite`} value={link} /> : null}
    </Dialog>
  );
}
