import { cx } from "@kit/ui/cx";
import { useLingui } from "@lingui/react/macro";
import type { Completion } from "./useCompletions";
import s from "./Composer.module.css";

export interface CompletionListProps {
  id: string;
  items: readonly Completion[];
  current: number;
  onChoose: (index: number) => void;
}

/** The suggestions over the text field. The focus stays in the field, which says which one is current. */
export function CompletionList({ id, items, current, onChoose }: CompletionListProps) {
  const { t } = useLingui();
  return (
    <ul id={id} role="listbox" aria-label={t`Suggestions`} className={s.completions}>
      {items.map((item, index) => (
        // The keys are handled by the text field, which keeps the focus.
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events
        <li
          key={item.key}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === current}
          className={cx(s.completion, index === current && s.current)}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(index)}
        >
          <span className={s.completionIcon} aria-hidden="true">
            {item.icon}
          </span>
          <span className={s.completionLabel}>{item.label}</span>
          <span className={s.completionHint}>{item.hint}</span>
        </li>
      ))}
    </ul>
  );
}
