import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import type { DeletionSet } from "@kit/api";
import { dataApi } from "@kit/api/data";
import { useLive } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ChoiceField } from "@kit/ui/ChoiceField";
import { CopyField } from "@kit/ui/CopyField";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Note, Stack } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import { useKeepAccount } from "../useKeepAccount";

/** Deleting the account, and taking that back. */
export function DeletionSection() {
  const { t } = useLingui();
  const deletedAt = useLive((state) => state.me?.deleted_at ?? null);
  const [asking, setAsking] = useState(false);
  return (
    <Section
      title={<Trans>Delete your account</Trans>}
      lead={t`Your profile, your name and everything that only you can see are erased, here and on every instance that knew you. Nobody gets your name after you.`}
    >
      {deletedAt === null ? (
        <div>
          <Button variant="danger" onPress={() => { setAsking(true); }}>
            <Trans>Delete my account</Trans>
          </Button>
        </div>
      ) : (
        <Scheduled at={deletedAt} />
      )}
      {asking ? <DeletionDialog onClose={() => { setAsking(false); }} /> : null}
    </Section>
  );
}

function Scheduled({ at }: { at: number }) {
  const { keep, when } = useKeepAccount(at);
  return (
    <Stack>
      <div role="status">
        <Note tone="warn">
          <Trans>Your account will be deleted on {when}. Until then you can use it as before, and change your mind.</Trans>
        </Note>
      </div>
      <FormError error={keep.error} />
      <div>
        <Button variant="primary" isPending={keep.pending} onPress={() => void keep.run()}>
          <Trans>Keep my account</Trans>
        </Button>
      </div>
    </Stack>
  );
}

type Rest = "keep" | "erase";

function DeletionDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const proof = useProof();
  const [rest, setRest] = useState<Rest>("keep");
  const [set, setSet] = useState<DeletionSet | null>(null);
  const submit = useSubmit(async () => {
    setSet(await proof.proven(() => dataApi.deleteMe(rest === "erase")));
  });
  if (set) return <SetDialog set={set} onClose={onClose} />;
  return (
    <>
      <Dialog
        isOpen
        onClose={onClose}
        role="alertdialog"
        title={<Trans>Delete your account?</Trans>}
        lead={<Trans>If you want to keep what is yours, take an archive of it first.</Trans>}
        footer={
          <>
            <Button onPress={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button variant="danger" isPending={submit.pending} onPress={() => void submit.run()}>
              <Trans>Delete my account</Trans>
            </Button>
          </>
        }
      >
        <Stack>
          <ChoiceField<Rest>
            label={t`What you posted in communities`}
            layout="cards"
            value={rest}
            onChange={setRest}
            choices={[
              { id: "keep", name: t`It stays, without your name`, help: t`Conversations stay whole. Your messages are shown as those of a deleted account.` },
              { id: "erase", name: t`It is erased everywhere`, help: t`Your messages with their earlier versions, your files and your reactions are erased on every instance that holds a copy. What somebody saved or quoted stays with them.` },
            ]}
          />
          <p>
            <Trans>It does not happen at once: you are told the day, and can change your mind until then.</Trans>
          </p>
          <FormError error={submit.error} />
        </Stack>
      </Dialog>
      {proof.dialog}
    </>
  );
}

function SetDialog({ set, onClose }: { set: DeletionSet; onClose: () => void }) {
  const { t, i18n } = useLingui();
  const when = i18n.date(new Date(set.due_at), { dateStyle: "long", timeStyle: "short" });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={<Trans>Your account will be deleted on {when}</Trans>}
      lead={<Trans>Until then you can use it as before, and change your mind.</Trans>}
      footer={
        <Button variant="primary" onPress={onClose}>
          <Trans>Done</Trans>
        </Button>
      }
    >
      <Stack>
        <p>
          <Trans>When your account is gone you cannot sign in to see how far it is. Keep this address: it shows which instances have confirmed that they erased you.</Trans>
        </p>
        <CopyField label={t`Address`} value={set.link} />
      </Stack>
    </Dialog>
  );
}
