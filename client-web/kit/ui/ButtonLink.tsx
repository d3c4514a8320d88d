import type { ReactNode } from "react";
import { Link, type LinkProps } from "react-aria-components";
import { cx } from "./cx";
import s from "./Button.module.css";

export interface ButtonLinkProps extends Omit<LinkProps, "children" | "className"> {
  children: ReactNode;
  /** As those of a button. */
  variant?: "primary" | "quiet";
  icon?: ReactNode;
}

/** Looks like a button and leads somewhere: to a file, for example. */
export function ButtonLink({ children, variant = "quiet", icon, ...rest }: ButtonLinkProps) {
  return (
    <Link {...rest} className={cx(s.button, s[variant], s.normal)}>
      {icon}
      <span className={s.label}>{children}</span>
    </Link>
  );
}
