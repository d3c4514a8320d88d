import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { movingApi, type MoveTicket } from "@kit/api/moving";
import { Button } from "@kit/ui/Button";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Note, Stack } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { TextField } from "@kit/ui/TextField";
import { fieldError } from "@kit/ui/problem";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "../Rows.module.css";

/** Going to live at another place, with all that is one's own. */
export function MoveSection() {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  return (
    <Section
      title={<Trans>Move to another place</Trans>}
      lead={t`Your communities, roles and messages stay yours; only where you are at home changes. Here nothing is kept but where you went.`}
    >
      <div className={s.acts}>
        <Button onPress={() => { setOpen(true); }}>
          <Trans>Move my account</Trans>
        </Button>
      </div>
      {open ? <MoveDialog onClose={() => { setOpen(false); }} /> : null}
    </Section>
  );
}

function MoveDialog({ onClose }: { onClose: () => void }) {
  const { t, i18n } = useLingui();
  const [domain, setDomain] = useState("");
  const [ticket, setTicket] = useState<MoveTicket | null>(null);
  const proof = useProof();
  const submit = useSubmit(async () => {
    setTicket(await proof.proven(() => movingApi.depart(domain.trim())));
  });
  const stay = useSubmit(async () => {
    await movingApi.stay();
    onClose();
  });
  if (ticket) {
    const until = i18n.date(new Date(ticket.expires_at), { timeStyle: "short" });
    return (
      <Dialog
        isOpen
        onClose={onClose}
        title={<Trans>Go on at {ticket.domain}</Trans>}
        lead={<Trans>There you make a new account, and this one is brought into it. Until you say so there, everything stays as it is.</Trans>}
        footer={
          <>
            <Button isPending={stay.pending} onPress={() => void stay.run()}>
              <Trans>Stay here</Trans>
            </Button>
            <Button variant="primary" onPress={() => { window.location.assign(ticket.link); }}>
              <Trans>To {ticket.domain}</Trans>
            </Button>
          </>
        }
      >
        <Stack>
          <Note>
            <Trans>The way there is open until {until}, for you alone. Give the address to nobody.</Trans>
          </Note>
          <FormError error={stay.error} />
        </Stack>
      </Dialog>
    );
  }
  return (
    <>
      <Dialog
        isOpen
        onClose={onClose}
        title={<Trans>Move to another place</Trans>}
        lead={<Trans>What comes along: your profile, your communities with your roles in them, everything you wrote, how far you have read, and your settings.</Trans>}
        footer={
          <>
            <Button onPress={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button variant="primary" isDisabled={domain.trim() === ""} isPending={submit.pending} onPress={() => void submit.run()}>
              <Trans>Go on</Trans>
            </Button>
          </>
        }
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (domain.trim()) void submit.run();
          }}
        >
          <Stack>
            <TextField
              label={t`Where to`}
              value={domain}
              onChange={setDomain}
              placeholder="chat.example.org"
              autoComplete="off"
              spellCheck="false"
              autoFocus
              error={fieldError(submit.error, "domain")}
            />
            <Note>
              <Trans>Sign-in methods stay here: you choose a new password there. Archives that were made for you here go; take them with you first.</Trans>
            </Note>
            <FormError error={submit.error} fields={["domain"]} />
          </Stack>
        </form>
      </Dialog>
      {proof.dialog}
    </>
  );
}
