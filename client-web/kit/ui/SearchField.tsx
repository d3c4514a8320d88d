import { Search, X } from "lucide-react";
import { useLingui } from "@lingui/react/macro";
import { Button, Input, SearchField as AriaSearchField } from "react-aria-components";
import { cx } from "./cx";
import field from "./field.module.css";
import s from "./SearchField.module.css";

export interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  onSubmit?: (value: string) => void;
  autoFocus?: boolean;
}

/** A field that filters or finds; Escape empties it. */
export function SearchField({ label, value, onChange, onSubmit, autoFocus }: SearchFieldProps) {
  const { t } = useLingui();
  return (
    <AriaSearchField aria-label={label} value={value} onChange={onChange} {...(onSubmit ? { onSubmit } : {})} className={s.field ?? ""}>
      <div className={cx(field.row, s.row)}>
        <Search size={16} aria-hidden="true" />
        <Input className={cx(field.input, s.input)} placeholder={label} autoFocus={autoFocus ?? false} />
        {value ? (
          <Button className={s.clear} aria-label={t`Clear`}>
            <X size={14} />
          </Button>
        ) : null}
      </div>
    </AriaSearchField>
  );
}
