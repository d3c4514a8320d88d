import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps } from "react-aria-components";
import { cx } from "./cx";
import { Tooltip } from "./Tooltip";
import s from "./IconButton.module.css";

export interface IconButtonProps extends Omit<ButtonProps, "children" | "className"> {
  /** What it does: its name for screen readers and its tooltip. */
  label: string;
  children: ReactNode;
  shortcut?: string | undefined;
  danger?: boolean;
  placement?: "top" | "bottom" | "start" | "end";
  className?: string | undefined;
}

/** A button that shows an icon only; it always has a name and a tooltip. */
export function IconButton({ label, children, shortcut, danger, placement, className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} shortcut={shortcut} {...(placement ? { placement } : {})}>
      <AriaButton {...rest} aria-label={label} className={cx(s.button, danger && s.danger, className)}>
        {children}
      </AriaButton>
    </Tooltip>
  );
}
