import { CheckCircle2, KeyRound } from "lucide-react";
import { useState } from "react";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import type { KeySignature, RecoveryKey } from "@kit/api/takeover";
import { Button } from "@kit/ui/Button";
import { CopyField } from "@kit/ui/CopyField";
import { Stack } from "@kit/ui/Page";
import { TextField } from "@kit/ui/TextField";
import { KeyInput } from "./KeyInput";
import { askCode, KINDS, wordIn, type Statement } from "./co-sign";
import { keyId, seedIn, signatureOf } from "./own-key";
import s from "./CoSign.module.css";

/** The recovery keys of a community with who holds them; with `signed`, who has signed. */
export function KeyList({ keys, signed, label }: { keys: readonly RecoveryKey[]; signed?: readonly string[]; label: string }) {
  return (
    <ul className={s.keys} aria-label={label}>
      {keys.map((key) => (
        <Holder key={key.kid} of={key} signed={signed ? signed.includes(key.kid) : null} />
      ))}
    </ul>
  );
}

/** The name of whoever holds a key. */
export function HolderName({ of }: { of: RecoveryKey }) {
  if (of.name) return <>{of.name}</>;
  return <Trans>A key ending in {of.kid.slice(-6)}</Trans>;
}

function Holder({ of, signed }: { of: RecoveryKey; signed: boolean | null }) {
  return (
    <li>
      {signed ? <CheckCircle2 size={18} aria-hidden className={s.good} /> : <KeyRound size={18} aria-hidden />}
      <span>
        <HolderName of={of} />
      </span>
      {signed === null ? null : <span className={s.state}>{signed ? <Trans>has signed</Trans> : <Trans>has not signed</Trans>}</span>}
    </li>
  );
}

/** Collects signatures of recovery keys: by one's own here, and by those of others as texts. */
export function CoSign({ statement, keys, needed, signed, onWord, pending }: { statement: Statement; keys: readonly RecoveryKey[]; needed: number; signed: readonly string[]; onWord: (word: KeySignature) => void; pending: boolean }) {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<"unreadable" | "other" | null>(null);
  const [code, setCode] = useState("");
  const [badCode, setBadCode] = useState(false);
  const sign = (given: string) => {
    const seed = seedIn(given);
    if (!seed) return void setWrong("unreadable");
    if (!keys.some((key) => key.kid === keyId(seed))) return void setWrong("other");
    setText("");
    onWord(signatureOf(KINDS[statement.kind], statement.body, seed));
  };
  const take = () => {
    const word = wordIn(code);
    if (!word || !keys.some((key) => key.kid === word.kid)) return void setBadCode(true);
    setCode("");
    onWord(word);
  };
  return (
    <Stack>
      <p role="status">
        <Plural value={needed} one={`${signed.length} of # signature that is needed.`} other={`${signed.length} of # signatures that are needed.`} />
      </p>
      <KeyList keys={keys} signed={signed} label={t`Recovery keys`} />
      <KeyInput
        value={text}
        onChange={(next) => {
          setText(next);
          setWrong(null);
        }}
        onFile={sign}
        error={wrong === "unreadable" ? t`These are not the 24 words of a recovery key. Look whether one is missing or misspelt.` : wrong === "other" ? t`This is not one of the recovery keys of this community.` : undefined}
      />
      <div>
        <Button isDisabled={text.trim() === ""} isPending={pending} onPress={() => { sign(text); }}>
          <Trans>Sign with this key</Trans>
        </Button>
      </div>
      {keys.length > 1 ? (
        <>
          <CopyField label={t`For the others: they paste it at /sign of any place`} value={askCode(statement)} quiet />
          <TextField
            label={t`What they give you back`}
            value={code}
            onChange={(next) => {
              setCode(next);
              setBadCode(false);
            }}
            autoComplete="off"
            spellCheck="false"
            error={badCode ? t`This is not the signature of one of these keys. Copy all of it.` : undefined}
            after={
              <Button size="small" isDisabled={code.trim() === ""} isPending={pending} onPress={take}>
                <Trans>Add it</Trans>
              </Button>
            }
          />
        </>
      ) : null}
    </Stack>
  );
}
