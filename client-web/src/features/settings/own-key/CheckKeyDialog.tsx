import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { identityApi } from "@kit/api/identity";
import { KeyInput } from "@kit/identity/KeyInput";
import { publicKey, seedIn } from "@kit/identity/own-key";
import { Button } from "@kit/ui/Button";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Note, Stack } from "@kit/ui/Page";
import { useSubmit } from "@kit/ui/useSubmit";
import { OwnKeyDialog } from "./OwnKeyDialog";

type Verdict = "unreadable" | "other" | "good";

/** Whether a recovery file, or its words, are those of this account; with `replace`, another key then takes its place. */
export function CheckKeyDialog({ onClose, replace }: { onClose: () => void; replace?: boolean }) {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [proven, setProven] = useState<Uint8Array | null>(null);
  const look = useSubmit(async (given: string) => {
    const seed = seedIn(given);
    if (!seed) {
      setVerdict("unreadable");
      return;
    }
    const good = publicKey(seed) === (await identityApi.get()).own_key;
    setVerdict(good ? "good" : "other");
    if (good && replace) setProven(seed);
  });
  if (proven) return <OwnKeyDialog before={proven} onClose={onClose} />;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={replace ? <Trans>First the key that counts now</Trans> : <Trans>Try your recovery file</Trans>}
      lead={replace ? <Trans>Only it can put another one in its place.</Trans> : <Trans>It is looked at in this browser, and sent to nobody.</Trans>}
      footer={
        <>
          <Button onPress={onClose}>{verdict === "good" ? <Trans>Done</Trans> : <Trans>Cancel</Trans>}</Button>
          <Button variant="primary" isDisabled={text.trim() === ""} isPending={look.pending} onPress={() => void look.run(text)}>
            {replace ? <Trans>Go on</Trans> : <Trans>Try it</Trans>}
          </Button>
        </>
      }
    >
      <Stack>
        <KeyInput
          value={text}
          onChange={(next) => {
            setText(next);
            setVerdict(null);
          }}
          onFile={(content) => void look.run(content)}
          error={verdict === "unreadable" ? t`These are not the 24 words of a recovery key. Look whether one is missing or misspelt.` : verdict === "other" ? t`This is the key of another account, or one that was replaced.` : undefined}
        />
        {verdict === "good" ? (
          <div role="status">
            <Note>
              <Trans>This is your key. Put it back where it was.</Trans>
            </Note>
          </div>
        ) : null}
        <FormError error={look.error} />
      </Stack>
    </Dialog>
  );
}
