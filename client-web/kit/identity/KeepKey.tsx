import { Download, Eye } from "lucide-react";
import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import type { User } from "@kit/api";
import { newSeed, recoveryFile, wordsOf } from "./own-key";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { Stack } from "@kit/ui/Page";
import { saveText } from "@kit/ui/save-text";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./KeepKey.module.css";

export interface KeepKeyProps {
  user: Pick<User, "handle" | "domain" | "id">;
  /** The key is kept: it counts from now on. */
  onKept: (seed: Uint8Array) => Promise<void>;
  /** Not now. */
  onLater: () => void;
}

/** A new key of one's own: made here, to be saved as a file or written down, and used only once that was done. */
export function KeepKey({ user, onKept, onLater }: KeepKeyProps) {
  const { t, i18n } = useLingui();
  const [seed] = useState(newSeed);
  const [taken, setTaken] = useState(false);
  const [shown, setShown] = useState(false);
  const submit = useSubmit(() => onKept(seed));
  const name = `${user.handle}@${user.domain}`;
  const save = () => {
    const day = i18n.date(new Date(), { dateStyle: "long" });
    saveText(
      `recovery-key-${user.handle}.txt`,
      recoveryFile(seed, [t`Recovery key of ${name}`, t`Made on ${day}`, user.id, "", t`Whoever has these 24 words can take this account. Keep them as you keep the key to your home, and give them to nobody who asks.`]),
    );
    setTaken(true);
  };
  return (
    <Stack>
      <div className={s.acts}>
        <Button variant={taken ? "quiet" : "primary"} icon={<Download size={16} />} onPress={save}>
          <Trans>Save recovery file</Trans>
        </Button>
        {shown ? null : (
          <Button
            icon={<Eye size={16} />}
            onPress={() => {
              setShown(true);
              setTaken(true);
            }}
          >
            <Trans>Show as 24 words</Trans>
          </Button>
        )}
      </div>
      {shown ? (
        <ol className={s.words} aria-label={t`The 24 words`}>
          {wordsOf(seed).map((word, at) => (
            <li key={at}>{word}</li>
          ))}
        </ol>
      ) : null}
      <FormError error={submit.error} />
      <div className={s.end}>
        <Button onPress={onLater}>
          <Trans>Not now</Trans>
        </Button>
        <Button variant={taken ? "primary" : "quiet"} isDisabled={!taken} isPending={submit.pending} onPress={() => void submit.run()}>
          <Trans>I have kept it</Trans>
        </Button>
      </div>
    </Stack>
  );
}
