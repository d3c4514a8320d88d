import { KeyRound } from "lucide-react";
import { useState } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { useLive, useMe } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { Note, Row } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { CheckKeyDialog } from "./CheckKeyDialog";
import { OwnKeyDialog } from "./OwnKeyDialog";
import { WhyAKey } from "@kit/identity/WhyAKey";

type Open = "make" | "check" | "replace" | null;

/** The key that the person holds themselves. */
export function OwnKeySection() {
  const { t } = useLingui();
  const { user } = useMe();
  const has = useLive((state) => state.me?.own_key ?? false);
  const [open, setOpen] = useState<Open>(null);
  const close = () => { setOpen(null); };
  return (
    <Section title={<Trans>Your own key</Trans>} lead={<WhyAKey />}>
      <Note tone={has ? "info" : "warn"}>
        {has ? <Trans>You hold a key of your own. Look now and then whether you still find the file.</Trans> : <Trans>You hold no key of your own yet: your account depends on {user.domain} alone.</Trans>}
      </Note>
      {has ? (
        <Row>
          <Button icon={<KeyRound size={16} />} onPress={() => { setOpen("check"); }}>
            {t`Try my recovery file`}
          </Button>
          <Button onPress={() => { setOpen("replace"); }}>
            <Trans>Replace the key</Trans>
          </Button>
        </Row>
      ) : (
        <div>
          <Button variant="primary" icon={<KeyRound size={16} />} onPress={() => { setOpen("make"); }}>
            <Trans>Make my key</Trans>
          </Button>
        </div>
      )}
      {open === "make" ? <OwnKeyDialog before={null} onClose={close} /> : null}
      {open === "check" ? <CheckKeyDialog onClose={close} /> : null}
      {open === "replace" ? <CheckKeyDialog onClose={close} replace /> : null}
    </Section>
  );
}
