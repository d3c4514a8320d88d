import { Settings } from "lucide-react";
import { useRef } from "react";
import { useLingui } from "@lingui/react/macro";
import { Button } from "react-aria-components";
import { useLocation } from "wouter";
import { useConnection, useMe, useOpenProfile } from "@kit/live";
import { Avatar } from "@kit/ui/Avatar";
import { IconButton } from "@kit/ui/IconButton";
import { nameOf } from "@kit/ui/Person";
import s from "./MePanel.module.css";

/** The signed-in person at the bottom of the side bar, with the way to the settings. */
export function MePanel() {
  const { t } = useLingui();
  const { user } = useMe();
  const connection = useConnection();
  const [, navigate] = useLocation();
  const open = useOpenProfile();
  const anchor = useRef<HTMLButtonElement>(null);
  return (
    <div className={s.panel}>
      <Button
        ref={anchor}
        className={s.who ?? ""}
        onPress={() => {
          if (anchor.current) open(user.id, null, anchor.current);
        }}
      >
        <Avatar id={user.id} name={nameOf(user)} src={user.avatar} size={32} presence={connection === "online" ? "online" : "offline"} />
        <span className={s.text}>
          <span className={s.name}>{nameOf(user)}</span>
          <small className={s.handle}>
            {user.handle}@{user.domain}
          </small>
        </span>
      </Button>
      <IconButton label={t`Settings`} onPress={() => { navigate("/settings"); }}>
        <Settings size={18} />
      </IconButton>
    </div>
  );
}
