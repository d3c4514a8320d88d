import { ArrowDown, ArrowUp, Pencil, Plus, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { api, type Channel, type Server } from "@kit/api";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { ContextMenu } from "@kit/ui/ContextMenu";
import { MenuItem } from "@kit/ui/Menu";
import { openOverlay } from "@kit/ui/overlays";

export interface CategoryMenuProps {
  server: Server;
  category: Channel;
  mayManage: boolean;
  isFirst: boolean;
  isLast: boolean;
  onMove: (by: -1 | 1) => void;
  children: ReactNode;
}

/** The menu of a category, for those who may change it. */
export function CategoryMenu({ server, category, mayManage, isFirst, isLast, onMove, children }: CategoryMenuProps) {
  const { t } = useLingui();
  const [confirming, setConfirming] = useState(false);
  if (!mayManage) return <>{children}</>;
  return (
    <>
      <ContextMenu
        label={category.name}
        items={
          <>
            <MenuItem icon={<Plus size={18} />} onAction={() => { openOverlay({ kind: "create-channel", sid: server.id, parent: category.id, as: "text" }); }}>{t`Create a channel here`}</MenuItem>
            <MenuItem icon={<Pencil size={18} />} onAction={() => { openOverlay({ kind: "edit-channel", sid: server.id, channel: category.id }); }}>{t`Rename`}</MenuItem>
            <MenuItem icon={<ArrowUp size={18} />} isDisabled={isFirst} onAction={() => { onMove(-1); }}>{t`Move up`}</MenuItem>
            <MenuItem icon={<ArrowDown size={18} />} isDisabled={isLast} onAction={() => { onMove(1); }}>{t`Move down`}</MenuItem>
            <MenuItem danger icon={<Trash2 size={18} />} onAction={() => { setConfirming(true); }}>{t`Delete category`}</MenuItem>
          </>
        }
      >
        {children}
      </ContextMenu>
      <ConfirmDialog
        isOpen={confirming}
        onClose={() => {
          setConfirming(false);
        }}
        title={<Trans>Delete the category {category.name}?</Trans>}
        action={t`Delete category`}
        danger
        onConfirm={() => api.channels.remove(server.id, category.id)}
      >
        <Trans>Its channels stay and move to the top of the list.</Trans>
      </ConfirmDialog>
    </>
  );
}
