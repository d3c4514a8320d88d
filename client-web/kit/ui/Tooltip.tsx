import type { ReactElement, ReactNode } from "react";
import { Tooltip as AriaTooltip, TooltipTrigger } from "react-aria-components";
import s from "./Tooltip.module.css";

export interface TooltipProps {
  text: ReactNode;
  /** A key to press instead, shown beside the text. */
  shortcut?: string | undefined;
  placement?: "top" | "bottom" | "start" | "end";
  /** The one thing (a button, a link) that the tooltip explains. */
  children: ReactElement;
}

/** A short name for a control, shown on hover and on keyboard focus. */
export function Tooltip({ text, shortcut, placement = "top", children }: TooltipProps) {
  return (
    <TooltipTrigger delay={400} closeDelay={80}>
      {children}
      <AriaTooltip placement={placement} offset={6} className={s.tooltip}>
        {text}
        {shortcut ? <kbd>{shortcut}</kbd> : null}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
