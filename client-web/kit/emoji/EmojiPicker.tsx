import { Trans, useLingui } from "@lingui/react/macro";
import { EmojiPicker as Picker, type EmojiPickerListComponents } from "frimousse";
import { useEffect, useRef } from "react";
import { loadEmoji } from "./data";
import s from "./Emoji.module.css";

const COLUMNS = 8;

const parts: EmojiPickerListComponents = {
  CategoryHeader: ({ category, ...props }) => (
    <div {...props} className={s.category}>
      {category.label}
    </div>
  ),
  // Rows and columns are counted from one, also by screen readers.
  Row: (props) => <div {...props} className={s.row} aria-rowindex={Number(props["aria-rowindex"] ?? 0) + 1} />,
  Emoji: ({ emoji, ...props }) => (
    // The picker makes it a grid cell, which may have a column.
    // eslint-disable-next-line jsx-a11y/role-supports-aria-props
    <button
      {...props}
      type="button"
      className={s.emoji}
      aria-colindex={Number(props["aria-colindex"] ?? 0) + 1}
      data-current={emoji.isActive || undefined}
    >
      {emoji.emoji}
    </button>
  ),
};

/** Search and grid of all emoji, with the data of this instance. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useLingui();
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => search.current?.focus(), []);
  return (
    <Picker.Root
      className={s.root}
      columns={COLUMNS}
      resolveEmojiData={() => loadEmoji()}
      onEmojiSelect={({ emoji }) => onPick(emoji)}
    >
      <Picker.Search ref={search} className={s.search} placeholder={t`Search emoji`} aria-label={t`Search emoji`} />
      <Picker.Viewport className={s.viewport}>
        <Picker.Loading className={s.state}>
          <Trans>Loading…</Trans>
        </Picker.Loading>
        <Picker.Empty className={s.state}>
          <Trans>No emoji of this name.</Trans>
        </Picker.Empty>
        <Picker.List className={s.list} components={parts} />
      </Picker.Viewport>
      <div className={s.foot}>
        <Picker.ActiveEmoji>
          {({ emoji }) => (
            <span className={s.label}>
              {emoji ? (
                <>
                  <span aria-hidden="true">{emoji.emoji}</span> {emoji.label}
                </>
              ) : null}
            </span>
          )}
        </Picker.ActiveEmoji>
        <Picker.SkinToneSelector className={s.tone} aria-label={t`Skin tone`} />
      </div>
    </Picker.Root>
  );
}
