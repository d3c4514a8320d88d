import { ProfileProvider, useConnection, useLive, useServers, useSync } from "@kit/live";
import { toast } from "@kit/ui/Toasts";
import { usePhone } from "@kit/ui/useMedia";
import { ChannelOverlays } from "@/features/channels/ChannelOverlays";
import { InviteOverlay } from "@/features/invites/InviteOverlay";
import { ProfileOverlays } from "@/features/profile/ProfileOverlays";
import { ServerOverlays } from "@/features/servers/ServerOverlays";
import { AppearanceSync } from "@/features/settings/AppearanceSync";
import { NavigationKeys } from "@/features/switcher/NavigationKeys";
import { useLingui } from "@lingui/react/macro";
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { Redirect, Route, Switch } from "wouter";
import { ErrorBoundary } from "./ErrorBoundary";
import { Frame } from "./Frame";
import { lastPlace } from "./places";
import { ServerPage } from "./ServerPage";
import { useShortcuts } from "./useShortcuts";
import { Starting, Unreachable } from "./Starting";

const WelcomePage = lazy(() => import("@/features/servers/WelcomePage").then((m) => ({ default: m.WelcomePage })));
const DirectoryPage = lazy(() =>
  import("@/features/directory/DirectoryPage").then((m) => ({ default: m.DirectoryPage })),
);
const SettingsPage = lazy(() => import("@/features/settings/SettingsPage").then((m) => ({ default: m.SettingsPage })));
const ServerSettingsPage = lazy(() =>
  import("@/features/server-settings/ServerSettingsPage").then((m) => ({ default: m.ServerSettingsPage })),
);
const Notices = lazy(() => import("@/features/settings/Notices").then((m) => ({ default: m.Notices })));
const ProfileCard = lazy(() => import("@/features/profile/ProfileCard").then((m) => ({ default: m.ProfileCard })));
const QuickSwitcher = lazy(() =>
  import("@/features/switcher/QuickSwitcher").then((m) => ({ default: m.QuickSwitcher })),
);
const ShortcutSheet = lazy(() =>
  import("@/features/switcher/ShortcutSheet").then((m) => ({ default: m.ShortcutSheet })),
);

/** Everything behind the sign-in. */
export function SignedIn() {
  const ready = useLive((state) => state.ready);
  const connection = useConnection();
  const [profile, setProfile] = useState<{ uid: string; sid: string | null; anchor: Element } | null>(null);
  const [switcher, setSwitcher] = useState(false);
  const [shortcuts, setShortcuts] = useState(false);
  const openProfile = useCallback(
    (uid: string, sid: string | null, anchor: Element) => setProfile({ uid, sid, anchor }),
    [],
  );
  const openSwitcher = useCallback(() => setSwitcher(true), []);
  useShortcuts({ onSwitcher: () => setSwitcher((open) => !open), onSheet: () => setShortcuts((open) => !open) });

  if (!ready) return connection === "offline" ? <Unreachable /> : <Starting />;
  return (
    <ProfileProvider open={openProfile}>
      <Removals />
      <Suspense fallback={null}>
        <Notices />
      </Suspense>
      <NavigationKeys />
      <AppearanceSync />
      <ErrorBoundary>
        <Suspense fallback={<Starting />}>
          <Switch>
            <Route path="/settings/*?">
              <SettingsPage />
            </Route>
            <Route<{ sid: string }> path="/s/:sid/settings/*?">{({ sid }) => <ServerSettingsPage sid={sid} />}</Route>
            <Route<{ sid: string; cid?: string; message?: string }> path="/s/:sid/:cid?/:message?">
              {({ sid, cid, message }) => (
                <ServerPage sid={sid} cid={cid ?? null} message={message ?? null} onSwitcher={openSwitcher} />
              )}
            </Route>
            <Route path="/directory">
              <Frame sid={null} cid={null} view="main">
                <DirectoryPage />
              </Frame>
            </Route>
            <Route>
              <Start />
            </Route>
          </Switch>
        </Suspense>
      </ErrorBoundary>
      <ServerOverlays />
      <ChannelOverlays />
      <ProfileOverlays />
      <InviteOverlay />
      <Suspense fallback={null}>
        {profile ? (
          <ProfileCard
            key={`${profile.uid}-${profile.sid ?? ""}`}
            uid={profile.uid}
            sid={profile.sid}
            anchor={profile.anchor}
            onClose={() => setProfile(null)}
          />
        ) : null}
        {switcher ? <QuickSwitcher open onOpenChange={setSwitcher} /> : null}
        {shortcuts ? <ShortcutSheet open onOpenChange={setShortcuts} /> : null}
      </Suspense>
    </ProfileProvider>
  );
}

/** `/`: where the person was last, or the ways to a first community. */
function Start() {
  const servers = useServers();
  const phone = usePhone();
  const last = lastPlace();
  const server = servers.find((x) => x.id === last?.sid) ?? servers[0];
  if (server) {
    const cid = !phone && last?.sid === server.id ? last.cid : null;
    return <Redirect to={cid ? `/s/${server.id}/${cid}` : `/s/${server.id}`} replace />;
  }
  return (
    <Frame sid={null} cid={null} view="main">
      <WelcomePage />
    </Frame>
  );
}

/** Tells a person why a community is no longer in their list. */
function Removals() {
  const { t } = useLingui();
  const sync = useSync();
  const removed = useLive((state) => state.removed);
  useEffect(() => {
    for (const { sid, name, reason } of removed) {
      if (reason === "kicked") toast(t`You were removed from ${name}.`);
      else if (reason === "banned") toast(t`You were banned from ${name}.`);
      else toast(t`${name} was deleted.`);
      sync.dismissRemoved(sid);
    }
  }, [removed, sync, t]);
  return null;
}
