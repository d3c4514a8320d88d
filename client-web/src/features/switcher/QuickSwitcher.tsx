import { AtSign, Hash, Lock } from "lucide-react";
import { useMemo, useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Autocomplete, Dialog, Input, Menu, MenuItem, Modal, ModalOverlay, SearchField, Text } from "react-aria-components";
import { useLocation } from "wouter";
import { useLive, useOpenProfile, useServers } from "@kit/live";
import { Avatar } from "@kit/ui/Avatar";
import { Badge } from "@kit/ui/Badge";
import { cx } from "@kit/ui/cx";
import { rankTargets, type Target } from "./rank";
import menu from "@kit/ui/Menu.module.css";
import s from "./QuickSwitcher.module.css";

export interface OpenProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Goes to a channel, a community or a person by a few letters of the name. */
export function QuickSwitcher({ open, onOpenChange }: OpenProps) {
  const { t } = useLingui();
  return (
    <ModalOverlay isOpen={open} onOpenChange={onOpenChange} isDismissable className={s.overlay ?? ""}>
      <Modal className={s.modal ?? ""}>
        <Dialog aria-label={t`Go to`} className={s.dialog ?? ""}>
          <Finder onClose={() => { onOpenChange(false); }} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Finder({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const [location, navigate] = useLocation();
  const [typed, setTyped] = useState("");
  const servers = useServers();
  const users = useLive((state) => state.users);
  const openProfile = useOpenProfile();
  const activeSid = /^\/s\/([^/]+)/.exec(location)?.[1] ?? null;
  const targets = useMemo(() => rankTargets(typed, servers, Object.values(users), activeSid), [typed, servers, users, activeSid]);

  const go = (key: string) => {
    const target = targets.find((candidate) => candidate.key === key);
    if (!target) return;
    onClose();
    if (target.kind === "server") navigate(`/s/${target.server.id}`);
    else if (target.kind === "channel") navigate(`/s/${target.server.id}/${target.channel}`);
    else openProfile(target.user.id, activeSid, document.querySelector("main") ?? document.body);
  };

  return (
    <Autocomplete inputValue={typed} onInputChange={setTyped}>
      <SearchField aria-label={t`Go to a channel, a community or a person`}>
        <Input
          autoFocus
          className={s.input ?? ""}
          placeholder={t`Where to? # channel, @ person, * community`}
          onKeyDownCapture={(event) => {
            // The list marks its first entry a moment after the last letter; who is faster means that one.
            const first = targets[0];
            if (event.key !== "Enter" || event.nativeEvent.isComposing || !first || event.currentTarget.hasAttribute("aria-activedescendant")) return;
            event.preventDefault();
            event.stopPropagation();
            go(first.key);
          }}
        />
      </SearchField>
      <Menu
        aria-label={t`Places to go to`}
        className={s.list ?? ""}
        onAction={(key) => {
          go(String(key));
        }}
        renderEmptyState={() => (
          <p className={s.none}>
            <Trans>Nothing of that name.</Trans>
          </p>
        )}
      >
        {targets.map((target) => (
          <MenuItem key={target.key} id={target.key} textValue={target.name} className={menu.item ?? ""}>
            <Picture target={target} />
            <Text slot="label" className={cx(menu.text, target.kind === "channel" && target.unread > 0 && s.unread)}>
              {target.name}
              <span className={s.detail}>{target.detail}</span>
            </Text>
            {target.kind === "channel" ? <Badge count={target.mentions} /> : null}
          </MenuItem>
        ))}
      </Menu>
    </Autocomplete>
  );
}

function Picture({ target }: { target: Target }) {
  if (target.kind === "server") return <Avatar id={target.server.id} name={target.name} src={target.server.icon} size={22} shape="square" />;
  if (target.kind === "channel") return target.private ? <Lock size={18} aria-hidden="true" /> : <Hash size={18} aria-hidden="true" />;
  return target.user.avatar ? <Avatar id={target.user.id} name={target.name} src={target.user.avatar} size={22} /> : <AtSign size={18} aria-hidden="true" />;
}
