import { Check, Copy } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useLingui } from "@lingui/react/macro";
import { Input, Label, TextArea, TextField } from "react-aria-components";
import { Button } from "./Button";
import { cx } from "./cx";
import field from "./field.module.css";
import s from "./CopyField.module.css";

/** A text to take away, with a button that copies it. */
export function CopyField({ label, value, quiet, lines = 1 }: { label: string; value: string; /** One of many: its button is not the thing to do. */ quiet?: boolean; /** So many are shown, for what is also typed from the screen. */ lines?: number }) {
  const { t } = useLingui();
  const [copied, setCopied] = useState(false);
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => {
      setCopied(false);
    }, 2000);
    return () => {
      clearTimeout(timer);
    };
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
    } catch {
      // Browsers refuse the clipboard without https; a marked text can be copied by hand.
      input.current?.focus();
      input.current?.select();
    }
  };
  return (
    <TextField value={value} isReadOnly className={field.field ?? ""}>
      <Label className={field.label}>{label}</Label>
      <div className={s.row}>
        <div className={cx(field.row, s.frame)}>
          {lines > 1 ? (
            <TextArea ref={input} rows={lines} className={cx(field.input, s.value)} onFocus={(event) => { event.target.select(); }} />
          ) : (
            <Input ref={input} className={cx(field.input, s.value)} onFocus={(event) => { event.target.select(); }} />
          )}
        </div>
        <Button variant={quiet ? "quiet" : "primary"} onPress={() => void copy()} icon={copied ? <Check size={16} /> : <Copy size={16} />}>
          {copied ? t`Copied` : t`Copy`}
        </Button>
      </div>
      <span role="status" className={s.said}>
        {copied ? t`Copied` : ""}
      </span>
    </TextField>
  );
}
