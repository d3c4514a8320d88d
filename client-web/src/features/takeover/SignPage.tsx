import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { askedIn, KINDS, wordCode } from "@kit/identity/co-sign";
import { KeyInput } from "@kit/identity/KeyInput";
import { seedIn, signatureOf } from "@kit/identity/own-key";
import { Button } from "@kit/ui/Button";
import { CopyField } from "@kit/ui/CopyField";
import { CardPage, Note, Stack } from "@kit/ui/Page";
import { TextField } from "@kit/ui/TextField";

/** Somebody who holds a recovery key signs what somebody else asks them to. Nothing leaves this browser by itself. */
export function SignPage() {
  const { t } = useLingui();
  const [code, setCode] = useState("");
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const [word, setWord] = useState<string | null>(null);
  const asked = askedIn(code);
  const sign = (given: string) => {
    const seed = seedIn(given);
    setWrong(!seed);
    if (!seed || !asked) return;
    setText("");
    setWord(wordCode(signatureOf(KINDS[asked.kind], asked.body, seed)));
  };
  return (
    <CardPage title={<Trans>Sign with your recovery key</Trans>} lead={<Trans>For a community that needs the word of several people. Your key stays in this browser.</Trans>}>
      <Stack>
        <TextField
          label={t`What you were given`}
          multiline
          value={code}
          onChange={(next) => {
            setCode(next);
            setWord(null);
          }}
          placeholder="conntext-sign:…"
          autoComplete="off"
          spellCheck="false"
          error={code.trim() !== "" && !asked ? t`This cannot be read. Copy all of it, from the first character to the last.` : undefined}
        />
        {asked ? (
          <Note tone="warn">
            {asked.kind === "takeover" ? (
              <Trans>With enough signatures the community “{asked.name}” goes on at the place whose id is {String(asked.body.to)}. Sign only what you have talked about with whoever gave it to you.</Trans>
            ) : (
              <Trans>With enough signatures the community “{asked.name}” has other recovery keys. Sign only what you have talked about with whoever gave it to you.</Trans>
            )}
          </Note>
        ) : null}
        {asked && !word ? (
          <>
            <KeyInput
              value={text}
              onChange={(next) => {
                setText(next);
                setWrong(false);
              }}
              onFile={sign}
              error={wrong ? t`These are not the 24 words of a recovery key. Look whether one is missing or misspelt.` : undefined}
            />
            <Button variant="primary" wide isDisabled={text.trim() === ""} onPress={() => { sign(text); }}>
              <Trans>Sign it</Trans>
            </Button>
          </>
        ) : null}
        {word ? <CopyField label={t`Give this back`} value={word} /> : null}
      </Stack>
    </CardPage>
  );
}
