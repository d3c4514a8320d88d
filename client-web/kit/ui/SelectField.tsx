import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { Button, FieldError, Label, ListBox, ListBoxItem, Popover, Select, SelectValue, Text } from "react-aria-components";
import { cx } from "./cx";
import field from "./field.module.css";
import menu from "./Menu.module.css";
import s from "./SelectField.module.css";

export interface Option<K extends string> {
  id: K;
  name: string;
  icon?: ReactNode;
  help?: string;
}

export interface SelectFieldProps<K extends string> {
  label: string;
  value: K | null;
  onChange: (value: K) => void;
  options: readonly Option<K>[];
  help?: ReactNode;
  error?: string | undefined;
  isDisabled?: boolean;
  placeholder?: string;
}

/** One of several choices. */
export function SelectField<K extends string>({ label, value, onChange, options, help, error, isDisabled, placeholder }: SelectFieldProps<K>) {
  return (
    <Select
      value={value}
      onChange={(key) => {
        const chosen = options.find((option) => option.id === key);
        if (chosen) onChange(chosen.id);
      }}
      isDisabled={isDisabled ?? false}
      isInvalid={error !== undefined}
      placeholder={placeholder ?? ""}
      className={field.field ?? ""}
    >
      <Label className={field.label}>{label}</Label>
      <Button className={cx(field.row, s.button)}>
        <SelectValue className={s.value} />
        <ChevronDown size={16} aria-hidden="true" />
      </Button>
      {help ? (
        <Text slot="description" className={field.help}>
          {help}
        </Text>
      ) : null}
      <FieldError className={field.error}>{error}</FieldError>
      <Popover className={cx(menu.popover, s.popover)}>
        <ListBox className={menu.menu}>
          {options.map((option) => (
            <ListBoxItem key={option.id} id={option.id} textValue={option.name} className={menu.item}>
              {({ isSelected }) => (
                <>
                  {option.icon}
                  <Text slot="label" className={menu.text}>
                    {option.name}
                    {option.help ? <small>{option.help}</small> : null}
                  </Text>
                  {isSelected ? <Check size={16} aria-hidden="true" /> : null}
                </>
              )}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
