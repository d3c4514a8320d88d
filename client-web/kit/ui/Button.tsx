import type { ReactNode } from "react";
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components";
import { cx } from "./cx";
import s from "./Button.module.css";

export interface ButtonProps extends Omit<AriaButtonProps, "children" | "className"> {
  children: ReactNode;
  /** primary: the one thing to do here; quiet: everything else; plain: no frame; danger: cannot be undone. */
  variant?: "primary" | "quiet" | "plain" | "danger";
  size?: "small" | "normal";
  icon?: ReactNode;
  wide?: boolean;
  className?: string | undefined;
}

/** A button with a text. While `isPending`, it keeps its size and its focus and says that it works. */
export function Button({ children, variant = "quiet", size = "normal", icon, wide, className, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={cx(s.button, s[variant], s[size], wide && s.wide, className)}>
      {({ isPending }) => (
        <>
          {isPending ? <span className={s.spinner} aria-hidden="true" /> : icon}
          <span className={s.label}>{children}</span>
        </>
      )}
    </AriaButton>
  );
}
