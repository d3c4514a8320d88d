import { Trans, useLingui } from "@lingui/react/macro";
import { Dialog } from "@kit/ui/Dialog";
import { modKey } from "./keys";
import type { OpenProps } from "./QuickSwitcher";
import s from "./ShortcutSheet.module.css";

/** All keyboard short cuts. */
export function ShortcutSheet({ open, onOpenChange }: OpenProps) {
  const { t } = useLingui();
  const mod = modKey(navigator.platform);
  const groups: { name: string; keys: [string[], string][] }[] = [
    {
      name: t`Going around`,
      keys: [
        [[mod, "K"], t`Go to a channel, a community or a person`],
        [["Alt", "↑"], t`The channel above`],
        [["Alt", "↓"], t`The channel below`],
        [["Alt", "Shift", "↑"], t`The unread channel above`],
        [["Alt", "Shift", "↓"], t`The unread channel below`],
        [["Shift", "Esc"], t`Mark the whole community as read`],
        [["Shift", "F10"], t`Menu of a channel or community`],
        [[mod, "/"], t`This list`],
      ],
    },
    {
      name: t`Writing`,
      keys: [
        [["Enter"], t`Send`],
        [["Shift", "Enter"], t`New line`],
        [["↑"], t`Edit your last message (in an empty field)`],
        [["Esc"], t`Cancel a reply or an edit`],
      ],
    },
  ];
  return (
    <Dialog
      isOpen={open}
      onClose={() => {
        onOpenChange(false);
      }}
      title={<Trans>Keyboard</Trans>}
    >
      {groups.map((group) => (
        <section key={group.name}>
          <h3 className={s.name}>{group.name}</h3>
          <dl className={s.keys}>
            {group.keys.map(([keys, what]) => (
              <div key={what} className={s.row}>
                <dt>{what}</dt>
                <dd>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
