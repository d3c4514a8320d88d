import { Check, Copy, Drama, Pencil } from "lucide-react";
import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { api, type Profile, type Server, type User } from "@kit/api";
import { can, useMe, usePresence, useServer, useServers, useUser } from "@kit/live";
import { identityColour } from "@kit/theme/identity-colour";
import { AnchoredCard } from "@kit/ui/AnchoredCard";
import { Avatar } from "@kit/ui/Avatar";
import { Button } from "@kit/ui/Button";
import { cx } from "@kit/ui/cx";
import { IconButton } from "@kit/ui/IconButton";
import { Handle, nameOf, pictureOf } from "@kit/ui/Person";
import { openOverlay } from "@kit/ui/overlays";
import { usePresenceWords } from "@kit/ui/presence-words";
import { FailedState, Skeleton } from "@kit/ui/States";
import { Membership } from "./Membership";
import s from "./ProfileCard.module.css";

export interface ProfileCardProps {
  uid: string;
  /** The community that it was opened from: roles and moderation show for it. */
  sid: string | null;
  anchor: Element;
  onClose: () => void;
}

/** Who somebody is, beside where they were clicked. */
export function ProfileCard({ uid, sid, anchor, onClose }: ProfileCardProps) {
  const { t } = useLingui();
  const known = useUser(uid, sid);
  const profile = useQuery({ queryKey: ["profile", uid], queryFn: () => api.users.profile(uid), staleTime: 30_000 });
  const user = known ?? profile.data?.user;
  const server = useServer(sid);
  return (
    <AnchoredCard anchor={anchor} label={user ? t`Profile of ${nameOf(user)}` : t`Profile`} onClose={onClose}>
      {user ? <Content user={user} profile={profile.data} server={server} onClose={onClose} /> : null}
      {profile.isError && !profile.data ? <FailedState error={profile.error} onRetry={() => void profile.refetch()} /> : null}
      {!user && profile.isPending ? (
        <div className={s.body}>
          <Skeleton round height={72} />
          <Skeleton width="60%" />
          <Skeleton width="40%" />
        </div>
      ) : null}
    </AnchoredCard>
  );
}

interface ContentProps {
  user: User;
  profile: Profile | undefined;
  server: Server | undefined;
  onClose: () => void;
}

function Content({ user, profile, server, onClose }: ContentProps) {
  const { t } = useLingui();
  const me = useMe();
  const presence = usePresence(user.id);
  const words = usePresenceWords();
  const servers = useServers();
  const [, navigate] = useLocation();
  const [copied, setCopied] = useState(false);
  const isMe = user.id === me.user.id || user.id === server?.my_actor;
  const mutual = isMe ? [] : servers.filter((candidate) => profile?.mutual_servers.includes(candidate.id));
  const address = `${user.handle}@${user.domain}`;
  return (
    <>
      <div className={cx(s.banner, profile?.banner && s.wide)} style={{ background: identityColour(user.id) }}>
        {profile?.banner ? <img src={profile.banner} alt="" /> : null}
      </div>
      <div className={s.body}>
        <div className={s.picture}>
          <Avatar id={user.id} name={nameOf(user)} src={pictureOf(user)} size={72} presence={isMe ? "online" : presence} />
        </div>
        <div>
          <h2 className={s.name}>
            {nameOf(user)}
            {profile?.pronouns ? <span className={s.pronouns}>{profile.pronouns}</span> : null}
          </h2>
          {user.here?.display_name && user.here.display_name !== user.display_name ? <p className={s.quiet}>{t`elsewhere ${user.display_name}`}</p> : null}
          <p className={s.handle}>
            <Handle user={user} />
            <IconButton
              label={copied ? t`Copied` : t`Copy ${address}`}
              className={s.copy}
              onPress={() => {
                void navigator.clipboard.writeText(address).then(() => {
                  setCopied(true);
                });
              }}
            >
              {copied ? <Check size={14} /> : <Copy size={14} />}
            </IconButton>
          </p>
          <p className={s.quiet}>{[isMe ? words.online : words[presence], user.local ? "" : t`at home at ${user.domain}`].filter(Boolean).join(" · ")}</p>
        </div>
        {profile?.bio ? <p className={s.bio}>{profile.bio}</p> : null}
        {server && !isMe ? <Membership server={server} user={user} onGone={onClose} /> : null}
        {server && isMe ? <Membership server={server} user={user} onGone={onClose} readOnly /> : null}
        {mutual.length > 0 ? (
          <section>
            <h3 className={s.label}>
              <Plural value={mutual.length} one="A community you share" other="# communities you share" />
            </h3>
            <ul className={s.mutual}>
              {mutual.map((shared) => (
                <li key={shared.id}>
                  <Button
                    variant="plain"
                    size="small"
                    icon={<Avatar id={shared.id} name={shared.name} src={shared.icon} size={20} shape="square" />}
                    onPress={() => {
                      onClose();
                      navigate(`/s/${shared.id}`);
                    }}
                  >
                    {shared.name}
                  </Button>
                </li>
              ))}
            </ul>
          </section>
        ) : null}
        {isMe && server && (user.here || can(server, "nickname")) ? (
          <Button
            wide
            icon={<Drama size={16} />}
            onPress={() => {
              onClose();
              openOverlay({ kind: "server-profile", sid: server.id });
            }}
          >
            <Trans>How you appear here</Trans>
          </Button>
        ) : null}
        {isMe ? (
          <Button
            wide
            icon={<Pencil size={16} />}
            onPress={() => {
              onClose();
              navigate("/settings/profile");
            }}
          >
            <Trans>Edit profile</Trans>
          </Button>
        ) : null}
      </div>
    </>
  );
}
