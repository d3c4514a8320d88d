import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { api } from "@kit/api";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { Note } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";

/** With so few left it is time for new ones. */
const FEW = 3;

/** The recovery codes that are left, and new ones. */
export function RecoveryCodesSection({ left, onMade }: { left: number; onMade: (codes: string[]) => Promise<unknown> }) {
  const { t } = useLingui();
  const proof = useProof();
  const renew = useSubmit(async () => {
    await onMade((await proof.proven(() => api.factors.renewCodes())).codes);
  });
  return (
    <Section title={<Trans>Recovery codes</Trans>} lead={t`For the day on which your passkey or your phone is lost: each code takes its place once.`}>
      <Note tone={left <= FEW ? "warn" : "info"}>
        <Plural value={left} _0="No recovery code is left. Make new ones, or a lost device locks you out." one="One recovery code is left." other="# recovery codes are left." />
      </Note>
      <FormError error={renew.error} />
      <div>
        <Button isPending={renew.pending} onPress={() => void renew.run()}>
          <Trans>New recovery codes</Trans>
        </Button>
      </div>
      {proof.dialog}
    </Section>
  );
}
