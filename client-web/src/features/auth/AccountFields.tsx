import type { ReactNode } from "react";
import { useLingui } from "@lingui/react/macro";
import { fieldError } from "@kit/ui/problem";
import { Affix, TextField } from "@kit/ui/TextField";

/** The name of an account with the home it belongs to. */
export function HandleField({ value, onChange, domain, error, help, autoFocus, label }: { value: string; onChange: (value: string) => void; domain: string; error: unknown; help?: ReactNode; autoFocus?: boolean; label?: string }) {
  const { t } = useLingui();
  return (
    <TextField
      label={label ?? t`Name`}
      name="username"
      value={value}
      onChange={(text) => {
        onChange(text.trim().toLowerCase().replace(/^@/, ""));
      }}
      autoComplete="username"
      spellCheck="false"
      isRequired
      autoFocus={autoFocus ?? false}
      after={value.includes("@") ? null : <Affix>@{domain}</Affix>}
      help={help}
      error={fieldError(error, "handle")}
    />
  );
}
