import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { handoverApi, type ArrivalCode, type Handover } from "@kit/api/handover";
import { Button } from "@kit/ui/Button";
import { CopyField } from "@kit/ui/CopyField";
import { FormError } from "@kit/ui/FormError";
import { HANDOVER_MS, HandoverProgress } from "@kit/ui/HandoverProgress";
import { Section } from "@kit/ui/SettingsLayout";
import { useSubmit } from "@kit/ui/useSubmit";

const key = ["arrivals"];
/** Those that came long ago are nobody's news. */
const SHOWN = 5;

/** Communities of other places that come to live here. */
export function ArrivalsSection() {
  const { t, i18n } = useLingui();
  const [code, setCode] = useState<ArrivalCode | null>(null);
  const queries = useQueryClient();
  const make = useSubmit(async () => {
    const made = await handoverApi.code();
    await queries.invalidateQueries({ queryKey: key });
    setCode(made);
  });
  const query = useQuery({
    queryKey: key,
    queryFn: () => handoverApi.arrivals(),
    refetchInterval: (q) => (q.state.data?.code_until || q.state.data?.arrivals.some((one) => one.state === "coming") ? HANDOVER_MS : false),
  });
  // Once it was shown at the other place it is of no use any more.
  const open = query.data?.code_until ? code : null;
  return (
    <Section
      title={<Trans>Bring a community here</Trans>}
      lead={t`A community of another place can come to live here, with everything that was said in it. Its owner needs a code from you, and decides.`}
    >
      {query.data?.arrivals.slice(0, SHOWN).map((one) => <Coming key={one.id} one={one} />)}
      {open ? (
        <>
          <CopyField label={t`Give this to its owner`} value={open.code} />
          <p>
            <Trans>For one community, until {i18n.date(new Date(open.expires_at), { dateStyle: "medium", timeStyle: "short" })}. Its owner pastes it in the settings of the community, under Where it lives.</Trans>
          </p>
        </>
      ) : (
        <div>
          <Button isPending={make.pending} onPress={() => void make.run()}>
            <Trans>Make a code</Trans>
          </Button>
        </div>
      )}
      <FormError error={make.error} />
    </Section>
  );
}

function Coming({ one }: { one: Handover }) {
  const queries = useQueryClient();
  const stop = useSubmit(async () => {
    await handoverApi.stop(one.id);
    await queries.invalidateQueries({ queryKey: key });
  });
  return (
    <>
      <HandoverProgress
        found={one}
        title={<Trans>{one.name} from {one.domain}</Trans>}
        act={
          one.state === "coming" ? (
            <Button isPending={stop.pending} onPress={() => void stop.run()}>
              <Trans>Not after all</Trans>
            </Button>
          ) : null
        }
      />
      <FormError error={stop.error} />
    </>
  );
}
