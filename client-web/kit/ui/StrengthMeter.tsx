import { useLingui } from "@lingui/react/macro";
import { Label, Meter } from "react-aria-components";
import { cx } from "./cx";
import { estimateStrength } from "./strength";
import s from "./StrengthMeter.module.css";

/** Says in a word and a bar how hard a password is to guess, and why it is easy. `about` are words that others would try: the name. */
export function StrengthMeter({ password, about }: { password: string; about: readonly string[] }) {
  const { t } = useLingui();
  const { score, hint } = estimateStrength(password, about);
  if (password === "") return null;
  const words = [t`very easy to guess`, t`easy to guess`, t`fair`, t`good`, t`very good`];
  const hints = {
    short: t`A longer one is better: four or five words that do not belong together.`,
    common: t`It begins like one of the most used passwords.`,
    repeats: t`It repeats the same signs.`,
    sequence: t`It follows the keyboard or the alphabet.`,
    "about-you": t`It contains your name.`,
  };
  return (
    <Meter value={score + 1} minValue={0} maxValue={5} valueLabel={words[score] ?? ""} className={s.meter ?? ""}>
      {({ valueText }) => (
        <>
          <div className={s.head}>
            <Label>{t`Strength`}</Label>
            <span className={s.word}>{valueText}</span>
          </div>
          <div className={s.track} aria-hidden="true">
            {words.map((_, step) => (
              <span key={step} className={cx(s.step, step <= score && s[`s${String(score)}`])} />
            ))}
          </div>
          {hint ? <p className={s.hint}>{hints[hint]}</p> : null}
        </>
      )}
    </Meter>
  );
}
