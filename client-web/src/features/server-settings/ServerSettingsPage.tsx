import { Ban, Hash, Link2, MapPin, Settings, Shield, Trash2, Users } from "lucide-react";
import { Trans, useLingui } from "@lingui/react/macro";
import { Redirect } from "wouter";
import { can, useLive, useServer } from "@kit/live";
import { SettingsLayout, type SettingsPageEntry } from "@kit/ui/SettingsLayout";
import { EmptyState, SkeletonRows } from "@kit/ui/States";
import { BansPage } from "./BansPage";
import { ChannelsPage } from "./ChannelsPage";
import { DeletePage } from "./DeletePage";
import { InvitesPage } from "./InvitesPage";
import { MembersPage } from "./MembersPage";
import { OverviewPage } from "./OverviewPage";
import { PlacePage } from "./PlacePage";
import { RolesPage } from "./RolesPage";

/** Settings of a community: each page shows to those who may use it. */
export function ServerSettingsPage({ sid }: { sid: string }) {
  const { t } = useLingui();
  const server = useServer(sid);
  const ready = useLive((state) => state.ready);
  if (!server) return ready ? <Redirect to="/" replace /> : <SkeletonRows label={t`Loading`} />;
  const pages: SettingsPageEntry[] = [{ path: "overview", name: t`Overview`, icon: <Settings size={18} />, page: <OverviewPage server={server} /> }];
  const add = (allowed: boolean, entry: SettingsPageEntry) => {
    if (allowed) pages.push(entry);
  };
  add(can(server, "manage_roles"), { path: "roles", name: t`Roles`, icon: <Shield size={18} />, page: <RolesPage server={server} /> });
  add(can(server, "manage_channels") || can(server, "manage_roles"), { path: "channels", name: t`Channels`, icon: <Hash size={18} />, page: <ChannelsPage server={server} /> });
  add(true, { path: "members", name: t`Members`, icon: <Users size={18} />, page: <MembersPage server={server} /> });
  add(can(server, "invite") || can(server, "manage_invites"), { path: "invites", name: t`Invitations`, icon: <Link2 size={18} />, page: <InvitesPage server={server} /> });
  add(can(server, "ban"), { path: "bans", name: t`Bans`, icon: <Ban size={18} />, page: <BansPage server={server} /> });
  add(server.owner === server.my_actor, { path: "place", name: t`Where it lives`, icon: <MapPin size={18} />, page: <PlacePage server={server} /> });
  add(server.owner === server.my_actor, { path: "delete", name: t`Delete`, icon: <Trash2 size={18} />, page: <DeletePage server={server} />, danger: true });
  if (pages.length === 0) return <EmptyState title={<Trans>Nothing to set here</Trans>} />;
  return <SettingsLayout title={server.name} base={`/s/${sid}/settings`} backTo={`/s/${sid}`} pages={pages} />;
}
