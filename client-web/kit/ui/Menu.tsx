import type { ReactElement, ReactNode } from "react";
import { Menu as AriaMenu, MenuItem as AriaMenuItem, MenuTrigger, Popover, Separator, Text } from "react-aria-components";
import { cx } from "./cx";
import s from "./Menu.module.css";

export interface MenuProps {
  /** The button that opens it. */
  trigger: ReactElement;
  label: string;
  children: ReactNode;
  placement?: "bottom start" | "bottom end" | "top start" | "top end" | "end top" | "end";
}

/** A button with a menu. */
export function Menu({ trigger, label, children, placement = "bottom start" }: MenuProps) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover placement={placement} offset={4} className={s.popover ?? ""}>
        <AriaMenu aria-label={label} className={s.menu ?? ""}>
          {children}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}

export interface MenuItemProps {
  children: string;
  onAction: () => void;
  icon?: ReactNode;
  help?: string;
  danger?: boolean;
  isDisabled?: boolean;
}

/** One act of a menu. */
export function MenuItem({ children, onAction, icon, help, danger, isDisabled }: MenuItemProps) {
  return (
    <AriaMenuItem textValue={children} onAction={onAction} isDisabled={isDisabled ?? false} className={cx(s.item, danger && s.danger)}>
      {icon}
      <Text slot="label" className={s.text}>
        {children}
        {help ? <small>{help}</small> : null}
      </Text>
    </AriaMenuItem>
  );
}

/** A line between groups of a menu. */
export function MenuSeparator() {
  return <Separator className={s.separator ?? ""} />;
}
