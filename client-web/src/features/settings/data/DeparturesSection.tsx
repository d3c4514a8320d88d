import { useState } from "react";
import { LogOut } from "lucide-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import type { Departure } from "@kit/api";
import { dataApi } from "@kit/api/data";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { Section } from "@kit/ui/SettingsLayout";
import { FailedState } from "@kit/ui/States";
import { useProof } from "@kit/ui/useProof";
import s from "../Rows.module.css";

const key = ["departures"];

/** Communities that the person left and in which what they posted still is. Nothing where there are none. */
export function DeparturesSection() {
  const { t } = useLingui();
  const list = useQuery({ queryKey: key, queryFn: () => dataApi.departures() });
  if (list.isError) return <FailedState error={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data?.length) return null;
  return (
    <Section title={<Trans>Communities that you left</Trans>} lead={t`What you posted there stays yours to erase.`}>
      <ul className={s.list}>
        {list.data.map((one) => (
          <DepartureRow key={one.sid} departure={one} />
        ))}
      </ul>
    </Section>
  );
}

function DepartureRow({ departure }: { departure: Departure }) {
  const { t, i18n } = useLingui();
  const queries = useQueryClient();
  const proof = useProof();
  const [asking, setAsking] = useState(false);
  const when = i18n.date(new Date(departure.left_at), { dateStyle: "medium" });
  const erase = async () => {
    await proof.proven(() => dataApi.eraseLeft(departure.sid));
    await Promise.all([queries.invalidateQueries({ queryKey: key }), queries.invalidateQueries({ queryKey: ["erasures"] })]);
  };
  return (
    <li className={s.row}>
      <LogOut size={22} aria-hidden="true" />
      <div className={s.text}>
        <strong>{departure.name}</strong>
        <span>
          <Trans>
            hosted by {departure.host}, left {when}
          </Trans>
        </span>
      </div>
      <Button size="small" aria-label={t`Erase what I posted in ${departure.name}`} onPress={() => { setAsking(true); }}>
        <Trans>Erase what I posted</Trans>
      </Button>
      <ConfirmDialog
        isOpen={asking}
        onClose={() => { setAsking(false); }}
        title={<Trans>Erase what you posted in {departure.name}?</Trans>}
        action={t`Erase`}
        danger
        onConfirm={erase}
      >
        <p>
          <Trans>Your messages with their earlier versions, your files and your reactions are erased on {departure.host} and on every instance that holds a copy. This cannot be undone. What somebody saved or quoted stays with them.</Trans>
        </p>
      </ConfirmDialog>
      {proof.dialog}
    </li>
  );
}
