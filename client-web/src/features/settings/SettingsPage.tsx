import { Archive, Info, LogOut, MonitorSmartphone, Network, Palette, ShieldCheck, UserPlus, UserRound } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { useMe, useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { SettingsLayout } from "@kit/ui/SettingsLayout";
import { SkeletonRows } from "@kit/ui/States";
import { AboutPage } from "./AboutPage";
import { AppearancePage } from "./AppearancePage";
import { ApplicationsPage } from "./ApplicationsPage";
import { ProfilePage } from "./ProfilePage";
import { SecurityPage } from "./SecurityPage";
import { SessionsPage } from "./SessionsPage";
import { useServiceWord } from "./useServiceWord";

const InstancesPage = lazy(() => import("./instances/InstancesPage").then((m) => ({ default: m.InstancesPage })));
const DataPage = lazy(() => import("./data/DataPage").then((m) => ({ default: m.DataPage })));

/** A person's own settings. */
export function SettingsPage() {
  const { t } = useLingui();
  const { instance, signOut } = useSession();
  const { admin, applications, instances_waiting: instancesWaiting } = useMe();
  const [, navigate] = useLocation();
  const [leaving, setLeaving] = useState(false);
  useServiceWord();
  return (
    <>
      <SettingsLayout
        title={t`Settings`}
        base="/settings"
        backTo="/"
        pages={[
          { path: "profile", name: t`Profile`, icon: <UserRound size={18} />, page: <ProfilePage /> },
          { path: "appearance", name: t`Appearance`, icon: <Palette size={18} />, page: <AppearancePage /> },
          { path: "devices", name: t`Devices`, icon: <MonitorSmartphone size={18} />, page: <SessionsPage /> },
          { path: "security", name: t`Security`, icon: <ShieldCheck size={18} />, page: <SecurityPage /> },
          {
            path: "data",
            name: t`Your data`,
            icon: <Archive size={18} />,
            page: (
              <Suspense fallback={<SkeletonRows rows={2} label={t`Loading`} />}>
                <DataPage />
              </Suspense>
            ),
          },
          // Who waited already may still be let in after the instance was opened or closed.
          ...(admin && (instance?.registration === "approval" || applications > 0) ? [{ path: "applications", name: applications > 0 ? t`Applications (${applications})` : t`Applications`, icon: <UserPlus size={18} />, page: <ApplicationsPage /> }] : []),
          ...(admin
            ? [
                {
                  path: "instances",
                  name: instancesWaiting > 0 ? t`Other instances (${instancesWaiting})` : t`Other instances`,
                  icon: <Network size={18} />,
                  page: (
                    <Suspense fallback={<SkeletonRows rows={3} label={t`Loading`} />}>
                      <InstancesPage />
                    </Suspense>
                  ),
                },
              ]
            : []),
          { path: "about", name: t`About`, icon: <Info size={18} />, page: <AboutPage /> },
        ]}
        after={
          <Button variant="plain" icon={<LogOut size={18} />} onPress={() => { setLeaving(true); }}>
            <Trans>Sign out</Trans>
          </Button>
        }
      />
      <ConfirmDialog
        isOpen={leaving}
        onClose={() => {
          setLeaving(false);
        }}
        title={<Trans>Sign out of this device?</Trans>}
        action={t`Sign out`}
        onConfirm={async () => {
          await signOut();
          navigate("/sign-in");
        }}
      >
        <Trans>Drafts and messages that were not sent yet are removed from this browser.</Trans>
      </ConfirmDialog>
    </>
  );
}
