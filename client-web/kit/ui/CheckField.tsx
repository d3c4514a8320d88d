import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { Checkbox } from "react-aria-components";
import s from "./CheckField.module.css";

export interface CheckFieldProps {
  isSelected: boolean;
  onChange: (on: boolean) => void;
  isDisabled?: boolean;
  children: ReactNode;
}

/** One of several things that can be chosen together. */
export function CheckField({ isSelected, onChange, isDisabled, children }: CheckFieldProps) {
  return (
    <Checkbox isSelected={isSelected} onChange={onChange} isDisabled={isDisabled ?? false} className={s.check ?? ""}>
      <span className={s.box} aria-hidden="true">
        {isSelected ? <Check size={14} strokeWidth={3} /> : null}
      </span>
      <span>{children}</span>
    </Checkbox>
  );
}
