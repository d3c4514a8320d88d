import { useRef, useState, type MouseEvent, type ReactNode } from "react";
import { Menu as AriaMenu, Popover } from "react-aria-components";
import s from "./Menu.module.css";

export interface ContextMenuProps {
  label: string;
  /** Items of the menu. */
  items: ReactNode;
  children: ReactNode;
  className?: string | undefined;
}

/** Opens a menu on right click, long press or the menu key (Shift+F10) over its children. Everything in it must be reachable elsewhere too. */
export function ContextMenu({ label, items, children, className }: ContextMenuProps) {
  const ref = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const show = (event: MouseEvent) => {
    event.preventDefault();
    setOpen(true);
  };
  return (
    <div ref={ref} onContextMenu={show} className={className}>
      {children}
      <Popover aria-label={label} triggerRef={ref} isOpen={open} onOpenChange={setOpen} placement="end top" offset={4} className={s.popover ?? ""}>
        <AriaMenu aria-label={label} autoFocus="first" onClose={() => { setOpen(false); }} className={s.menu ?? ""}>
          {items}
        </AriaMenu>
      </Popover>
    </div>
  );
}
