import { lazy, Suspense, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLingui } from "@lingui/react/macro";
import { api } from "@kit/api";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { EmailSection } from "./EmailSection";
import { AuthenticatorSection } from "./AuthenticatorSection";
import { PasskeysSection } from "./PasskeysSection";
import { PasswordSection } from "./PasswordSection";
import { RecoveryCodesDialog } from "./RecoveryCodesDialog";
import { RecoveryCodesSection } from "./RecoveryCodesSection";
import { ServicesSection } from "./ServicesSection";

const OwnKeySection = lazy(() => import("./own-key/OwnKeySection").then((m) => ({ default: m.OwnKeySection })));

/** How a person signs in, and what keeps the account theirs. */
export function SecurityPage() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const factors = useQuery({ queryKey: ["factors"], queryFn: () => api.factors.get() });
  const [codes, setCodes] = useState<string[]>([]);
  const refresh = () => queries.invalidateQueries({ queryKey: ["factors"] });
  /** After a factor came: with the first one come recovery codes. */
  const added = (made: string[]) => {
    setCodes(made);
    return refresh();
  };
  return (
    <>
      <PasswordSection />
      <ServicesSection />
      <EmailSection />
      {factors.isPending ? <SkeletonRows rows={2} label={t`Loading`} /> : null}
      {factors.isError ? <FailedState error={factors.error} onRetry={() => void factors.refetch()} /> : null}
      {factors.data ? (
        <>
          <PasskeysSection factors={factors.data} onAdded={added} onChanged={refresh} />
          <AuthenticatorSection factors={factors.data} onAdded={added} onChanged={refresh} />
          {factors.data.authenticator || factors.data.passkeys.length > 0 ? <RecoveryCodesSection left={factors.data.recovery_codes} onMade={added} /> : null}
        </>
      ) : null}
      <Suspense fallback={<SkeletonRows rows={1} label={t`Loading`} />}>
        <OwnKeySection />
      </Suspense>
      {codes.length > 0 ? <RecoveryCodesDialog codes={codes} onClose={() => { setCodes([]); }} /> : null}
    </>
  );
}
