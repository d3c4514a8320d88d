import type { HTMLInputTypeAttribute, ReactNode } from "react";
import { FieldError, Input, Label, Text, TextArea, TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from "react-aria-components";
import { cx } from "./cx";
import s from "./field.module.css";

export interface TextFieldProps extends Omit<AriaTextFieldProps, "children" | "className" | "isInvalid" | "type"> {
  label: string;
  /** One sentence under the field. */
  help?: ReactNode;
  /** What is wrong with the value, in words. Its presence marks the field as wrong. */
  error?: string | undefined;
  /** Shown inside the frame, before or after the text, for instance `@` or a domain. */
  before?: ReactNode;
  after?: ReactNode;
  /** Several lines. */
  multiline?: boolean;
  placeholder?: string;
  type?: HTMLInputTypeAttribute;
  /** Hides the label from the eye, not from the screen reader. */
  labelHidden?: boolean;
  className?: string | undefined;
}

/** A labelled field for text with its help and its error beside it. */
export function TextField({ label, help, error, before, after, multiline, placeholder, labelHidden, className, type = "text", ...rest }: TextFieldProps) {
  const limit = rest.maxLength;
  const length = rest.value?.length ?? 0;
  return (
    <AriaTextField {...rest} {...(labelHidden ? { "aria-label": label } : {})} type={type} isInvalid={error !== undefined} validationBehavior="aria" className={cx(s.field, className)}>
      {labelHidden ? null : <Label className={s.label}>{label}</Label>}
      <div className={s.row}>
        {before ? <span className={s.affix}>{before}</span> : null}
        {multiline ? <TextArea className={s.input} placeholder={placeholder} rows={3} /> : <Input className={s.input} placeholder={placeholder} />}
        {after}
      </div>
      {help ? (
        <Text slot="description" className={s.help}>
          {help}
        </Text>
      ) : null}
      <FieldError className={s.error}>{error}</FieldError>
      {limit !== undefined && length > limit * 0.8 ? <span className={s.count}>{`${String(length)} / ${String(limit)}`}</span> : null}
    </AriaTextField>
  );
}

/** Text shown inside the frame of a field. */
export function Affix({ children }: { children: ReactNode }) {
  return <span className={s.affix}>{children}</span>;
}
