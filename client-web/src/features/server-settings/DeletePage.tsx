import { useState } from "react";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { api, type Server } from "@kit/api";
import { useSync } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { Note } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { useProof } from "@kit/ui/useProof";

/** Deleting the community, for its owner, after typing its name. */
export function DeletePage({ server }: { server: Server }) {
  const { t } = useLingui();
  const sync = useSync();
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const proof = useProof();
  return (
    <Section>
      <Note tone="bad">
        <strong>
          <Trans>Deleting {server.name} cannot be undone.</Trans>
        </strong>
        <p>
          <Plural value={server.member_count} one="Its only member loses" other="All # members lose" /> <Trans>its channels, messages and files.</Trans>
        </p>
      </Note>
      <div>
        <Button variant="danger" onPress={() => { setAsking(true); }}>
          <Trans>Delete this community</Trans>
        </Button>
      </div>
      <ConfirmDialog
        isOpen={asking}
        onClose={() => {
          setAsking(false);
        }}
        title={<Trans>Delete {server.name}?</Trans>}
        action={t`Delete for ever`}
        danger
        typedName={server.name}
        onConfirm={async () => {
          await proof.proven(() => api.servers.remove(server.id, server.name));
          sync.forgetServer(server.id);
          navigate("/");
        }}
      >
        <Trans>All its channels, messages and files go, for everybody.</Trans>
      </ConfirmDialog>
      {proof.dialog}
    </Section>
  );
}
