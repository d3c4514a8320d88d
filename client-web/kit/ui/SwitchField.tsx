import type { ReactNode } from "react";
import { Switch } from "react-aria-components";
import { useId } from "react";
import { cx } from "./cx";
import s from "./SwitchField.module.css";

export interface SwitchFieldProps {
  label: string;
  /** One sentence that says what the switch does. */
  help?: ReactNode;
  isSelected: boolean;
  onChange: (on: boolean) => void;
  isDisabled?: boolean;
}

/** Something that is on or off, with its name and one sentence. */
export function SwitchField({ label, help, isSelected, onChange, isDisabled }: SwitchFieldProps) {
  const id = useId();
  return (
    <div className={s.row}>
      <Switch isSelected={isSelected} onChange={onChange} isDisabled={isDisabled ?? false} className={cx(s.switch)} {...(help ? { "aria-describedby": id } : {})}>
        <span className={s.label}>{label}</span>
        <span className={s.track} aria-hidden="true">
          <span className={s.knob} />
        </span>
      </Switch>
      {help ? (
        <p id={id} className={s.help}>
          {help}
        </p>
      ) : null}
    </div>
  );
}
