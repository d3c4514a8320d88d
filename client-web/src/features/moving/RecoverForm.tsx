import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { movingApi } from "@kit/api/moving";
import { KeyInput } from "@kit/identity/KeyInput";
import { publicKey, seedIn, signedClaim, signedOp } from "@kit/identity/own-key";
import { openVault } from "@kit/identity/vault";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Stack } from "@kit/ui/Page";
import { TextField } from "@kit/ui/TextField";
import { fieldError } from "@kit/ui/problem";
import { useSubmit } from "@kit/ui/useSubmit";

const USER_ID = /\bu_[a-z2-7]{40}\b/;

/** Bringing an account here without its home: with the key that its person holds themselves. */
export function RecoverForm({ here, onDone, onBack }: { here: string; onDone: () => void; onBack: () => void }) {
  const { t } = useLingui();
  const [who, setWho] = useState("");
  const [words, setWords] = useState("");
  const [places, setPlaces] = useState("");
  const [wrong, setWrong] = useState<"unreadable" | "other" | null>(null);
  const submit = useSubmit(async () => {
    setWrong(null);
    const seed = seedIn(words);
    if (!seed) {
      setWrong("unreadable");
      return;
    }
    const domains = places.split(/[\s,;]+/).filter(Boolean);
    const found = await movingApi.find(who.trim(), domains);
    if (found.op.rotation_keys[0] !== publicKey(seed)) {
      setWrong("other");
      return;
    }
    // Without it the way is longer, and not closed: the communities are asked for.
    const sealed = found.claim ? await movingApi.vault(signedClaim(found.claim, seed)).catch(() => null) : null;
    await movingApi.recover(signedOp(found.op, seed), domains, sealed ? openVault(sealed, seed) : null);
    onDone();
  });
  return (
    <CardPage
      title={<Trans>Come with your own key</Trans>}
      lead={t`Your recovery file says who you are, whether or not your former home agrees. ${here} becomes your home; the key stays in this browser.`}
      after={
        <Button size="small" onPress={onBack}>
          <Trans>Back</Trans>
        </Button>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (who.trim() && words.trim()) void submit.run();
        }}
      >
        <Stack>
          <TextField label={t`The address that you had`} value={who} onChange={setWho} placeholder="@ada@chat.example.org" autoComplete="off" spellCheck="false" error={fieldError(submit.error, "who")} />
          <KeyInput
            value={words}
            onChange={(text) => {
              setWords(text);
              setWrong(null);
              // A recovery file says whose it is.
              const id = USER_ID.exec(text)?.[0];
              if (id && !who.trim()) setWho(id);
            }}
            error={wrong === "unreadable" ? t`These are not the 24 words of a recovery key. Look whether one is missing or misspelt.` : wrong === "other" ? t`This is the key of another account, or one that was replaced.` : undefined}
          />
          <TextField
            label={t`Places that know you`}
            help={t`Where communities of yours live, as far as you remember. Others are asked as well.`}
            value={places}
            onChange={setPlaces}
            placeholder="chat.example.org, club.example.net"
            autoComplete="off"
            spellCheck="false"
            error={fieldError(submit.error, "domain")}
          />
          <FormError error={submit.error} fields={["who", "domain"]} />
          <Button type="submit" variant="primary" wide isPending={submit.pending} isDisabled={!who.trim() || !words.trim()}>
            <Trans>Bring it here</Trans>
          </Button>
        </Stack>
      </form>
    </CardPage>
  );
}
