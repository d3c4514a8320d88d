import { useLingui } from "@lingui/react/macro";
import type { Permission } from "@kit/api";

/** A permission as people read it. */
export interface PermissionText {
  id: Permission;
  name: string;
  help: string;
  /** Can be allowed or denied for a single channel too. */
  inChannel: boolean;
}

export interface PermissionGroup {
  name: string;
  permissions: PermissionText[];
}

/** The permissions that decide over something a person can do, by what they are about. */
export function usePermissionGroups(): PermissionGroup[] {
  const { t } = useLingui();
  return [
    {
      name: t`Reading and writing`,
      permissions: [
        { id: "view", name: t`See channels`, help: t`See a channel and what is written in it from now on.`, inChannel: true },
        { id: "history", name: t`Read the history`, help: t`Read what was written before.`, inChannel: true },
        { id: "send", name: t`Write messages`, help: t`Send messages and edit their own.`, inChannel: true },
        { id: "attach", name: t`Attach files`, help: t`Send pictures and other files.`, inChannel: true },
        { id: "react", name: t`React`, help: t`Add reactions to messages.`, inChannel: true },
        { id: "mention_everyone", name: t`Mention everyone`, help: t`Call on all members at once with @everyone and @here.`, inChannel: true },
      ],
    },
    {
      name: t`Looking after conversations`,
      permissions: [
        { id: "manage_messages", name: t`Delete messages of others`, help: t`Remove what anybody wrote.`, inChannel: true },
        { id: "manage_channels", name: t`Manage channels`, help: t`Create, change, order and delete channels and categories.`, inChannel: true },
      ],
    },
    {
      name: t`People`,
      permissions: [
        { id: "invite", name: t`Invite people`, help: t`Make links with which others can join.`, inChannel: false },
        { id: "manage_invites", name: t`Manage invitations`, help: t`See all invitations and take them back.`, inChannel: false },
        { id: "nickname", name: t`Appear otherwise here`, help: t`Choose a name and a picture for this community only.`, inChannel: false },
        { id: "manage_nicknames", name: t`Take names away`, help: t`Have members shown by their usual name and picture.`, inChannel: false },
        { id: "kick", name: t`Remove members`, help: t`Make members leave; with an invitation they can come back.`, inChannel: false },
        { id: "ban", name: t`Ban members`, help: t`Make members leave for good, and lift bans.`, inChannel: false },
      ],
    },
    {
      name: t`The community`,
      permissions: [
        { id: "manage_roles", name: t`Manage roles`, help: t`Create and change roles below their own, give and take them, and set who may do what in a channel.`, inChannel: false },
        { id: "manage_server", name: t`Manage the community`, help: t`Change its name, picture and description, and whether it is listed.`, inChannel: false },
        { id: "admin", name: t`Everything`, help: t`May do all of the above, in every channel, whatever is set there. Give it to very few.`, inChannel: false },
      ],
    },
  ];
}
