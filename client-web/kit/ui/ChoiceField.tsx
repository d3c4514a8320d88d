import type { ReactNode } from "react";
import { FieldError, Label, Radio, RadioGroup } from "react-aria-components";
import { cx } from "./cx";
import field from "./field.module.css";
import s from "./ChoiceField.module.css";

export interface Choice<K extends string> {
  id: K;
  name: ReactNode;
  help?: ReactNode;
  icon?: ReactNode;
}

export interface ChoiceFieldProps<K extends string> {
  label: string;
  value: K;
  onChange: (value: K) => void;
  choices: readonly Choice<K>[];
  /** row: short names side by side; cards: one under the other with a sentence each. */
  layout?: "row" | "cards";
  labelHidden?: boolean;
  error?: string | undefined;
  isDisabled?: boolean;
}

/** A few choices that are all seen at once. */
export function ChoiceField<K extends string>({ label, value, onChange, choices, layout = "row", labelHidden, error, isDisabled }: ChoiceFieldProps<K>) {
  return (
    <RadioGroup
      {...(labelHidden ? { "aria-label": label } : {})}
      value={value}
      isDisabled={isDisabled ?? false}
      isInvalid={error !== undefined}
      onChange={(next) => {
        const chosen = choices.find((choice) => choice.id === next);
        if (chosen) onChange(chosen.id);
      }}
      className={field.field ?? ""}
    >
      {labelHidden ? null : <Label className={field.label}>{label}</Label>}
      <div className={cx(s[layout])}>
        {choices.map((choice) => (
          <Radio key={choice.id} value={choice.id} className={cx(s.choice)}>
            {choice.icon}
            <span className={s.text}>
              <span className={s.name}>{choice.name}</span>
              {choice.help ? <small className={s.help}>{choice.help}</small> : null}
            </span>
          </Radio>
        ))}
      </div>
      <FieldError className={field.error}>{error}</FieldError>
    </RadioGroup>
  );
}
