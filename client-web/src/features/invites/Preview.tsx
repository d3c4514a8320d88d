import { Plural, Trans, useLingui } from "@lingui/react/macro";
import type { InvitePreview } from "@kit/api";
import { Avatar } from "@kit/ui/Avatar";
import { nameOf } from "@kit/ui/Person";
import s from "./Preview.module.css";

/** What an invitation leads to: the community, who invites, how many are there, where it lives. */
export function Preview({ preview }: { preview: InvitePreview }) {
  const { i18n } = useLingui();
  const { server, inviter } = preview;
  return (
    <div className={s.preview}>
      <Avatar id={server.id} name={server.name} src={server.icon} size={72} shape="square" />
      <div>
        {inviter ? (
          <p className={s.quiet}>
            <Trans>
              {nameOf(inviter)} ({inviter.handle}@{inviter.domain}) invites you to
            </Trans>
          </p>
        ) : (
          <p className={s.quiet}>
            <Trans>You are invited to</Trans>
          </p>
        )}
        <h1 className={s.name}>{server.name}</h1>
      </div>
      {server.description ? <p className={s.about}>{server.description}</p> : null}
      <p className={s.facts}>
        <span>
          <Plural value={server.member_count} one="# member" other="# members" />
        </span>
        <span>
          <Trans>hosted by {preview.domain}</Trans>
        </span>
        {preview.channel_name ? <span>#{preview.channel_name}</span> : null}
      </p>
      {preview.expires_at !== null ? (
        <p className={s.quiet}>
          <Trans>Valid until {i18n.date(new Date(preview.expires_at), { dateStyle: "medium", timeStyle: "short" })}</Trans>
        </p>
      ) : null}
    </div>
  );
}
