import { MapPin } from "lucide-react";
import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import type { Server } from "@kit/api";
import { handoverApi } from "@kit/api/handover";
import { Button } from "@kit/ui/Button";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { HANDOVER_MS, HandoverProgress } from "@kit/ui/HandoverProgress";
import { Note, Stack } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { TextField } from "@kit/ui/TextField";
import { fieldError } from "@kit/ui/problem";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import { RecoverySection } from "./RecoverySection";
import s from "./ServerSettings.module.css";

/** Where the community lives, and having it live elsewhere, for its owner. */
export function PlacePage({ server }: { server: Server }) {
  const { t } = useLingui();
  const [asking, setAsking] = useState(false);
  return (
    <>
    <Section lead={t`One place keeps the order of everything that is said here. Its admins can read it, also in private channels.`}>
      <p className={s.place}>
        <MapPin size={20} aria-hidden />
        <strong>{server.hub_domain}</strong>
      </p>
      {server.moving_to ? (
        <UnderWay server={server} />
      ) : (
        <div>
          <Button onPress={() => { setAsking(true); }}>
            <Trans>Move to another place</Trans>
          </Button>
        </div>
      )}
      {asking ? <MoveDialog server={server} onClose={() => { setAsking(false); }} /> : null}
    </Section>
    <RecoverySection server={server} />
    </>
  );
}

function UnderWay({ server }: { server: Server }) {
  const { t } = useLingui();
  const query = useQuery({ queryKey: ["handover", server.id], queryFn: () => handoverApi.look(server.id), refetchInterval: HANDOVER_MS });
  const stay = useSubmit(() => handoverApi.withdraw(server.id));
  if (query.isPending) return <SkeletonRows rows={1} label={t`Loading`} />;
  if (!query.data) return <FailedState error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <>
      <HandoverProgress
        found={query.data}
        title={<Trans>On its way to {query.data.domain}</Trans>}
        act={
          <Button isPending={stay.pending} onPress={() => void stay.run()}>
            <Trans>Stay where it is</Trans>
          </Button>
        }
      />
      <FormError error={stay.error} />
    </>
  );
}

function MoveDialog({ server, onClose }: { server: Server; onClose: () => void }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [code, setCode] = useState("");
  const [name, setName] = useState("");
  const proof = useProof();
  const submit = useSubmit(async () => {
    const begun = await proof.proven(() => handoverApi.begin(server.id, code.trim(), name.trim()));
    queries.setQueryData(["handover", server.id], begun);
    onClose();
  });
  const ready = code.trim() !== "" && name.trim() === server.name.trim();
  return (
    <>
      <Dialog
        isOpen
        onClose={onClose}
        title={<Trans>Move {server.name} to another place</Trans>}
        lead={<Trans>Everything comes along: messages, files, members, roles and links. People go on talking meanwhile, and need not join again.</Trans>}
        footer={
          <>
            <Button onPress={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button variant="primary" isDisabled={!ready} isPending={submit.pending} onPress={() => void submit.run()}>
              <Trans>Move it</Trans>
            </Button>
          </>
        }
      >
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (ready) void submit.run();
          }}
        >
          <Stack>
            <TextField
              label={t`Code of the new place`}
              help={t`Somebody there makes it under Settings, Your data.`}
              value={code}
              onChange={setCode}
              placeholder="chat.example.org/…"
              autoComplete="off"
              spellCheck="false"
              autoFocus
              error={fieldError(submit.error, "code")}
            />
            <TextField label={t`Type ${server.name} to confirm`} value={name} onChange={setName} autoComplete="off" spellCheck="false" error={fieldError(submit.error, "confirm_name")} />
            <Note tone="warn">
              <Trans>From now on the admins of the new place can read everything that was said here, also in private channels. Deleted messages that moderators could still look up stay behind.</Trans>
            </Note>
            <FormError error={submit.error} fields={["code", "confirm_name"]} />
          </Stack>
        </form>
      </Dialog>
      {proof.dialog}
    </>
  );
}
