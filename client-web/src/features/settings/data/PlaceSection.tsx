import { MapPin } from "lucide-react";
import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { identityApi, type ProfilePlace } from "@kit/api/identity";
import { useMe } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FormError } from "@kit/ui/FormError";
import { Section } from "@kit/ui/SettingsLayout";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "../Rows.module.css";
import { PlaceDialog } from "./PlaceDialog";
import { PlaceWord } from "./PlaceWord";

/** How often it is asked how far a move is. */
const ASK_MS = 1000;
const key = ["profile-host"];
/** Former places that are shown. */
const SHOWN = 5;

function isUnderWay(place: ProfilePlace): boolean {
  return place.state === "moving" || place.state === "leaving";
}

/** Where the profile lies, and moving it. */
export function PlaceSection() {
  const { t } = useLingui();
  const { user } = useMe();
  const queries = useQueryClient();
  const [open, setOpen] = useState<"choose" | "home" | null>(null);
  const proof = useProof();
  const query = useQuery({
    queryKey: key,
    queryFn: () => identityApi.places(),
    refetchInterval: (q) => (q.state.data?.places.some(isUnderWay) ? ASK_MS : false),
  });
  const choose = async (domain: string) => {
    queries.setQueryData(key, await proof.proven(() => identityApi.choosePlace(domain)));
  };
  const stay = useSubmit(choose);
  const data = query.data;
  const moving = data?.places.find((place) => place.state === "moving");
  const others = data?.places.filter((place) => place.state !== "kept").slice(0, SHOWN) ?? [];
  return (
    <Section
      title={<Trans>Where your profile lies</Trans>}
      lead={t`Name, pictures and what you say about yourself can be kept by another place: others then see them from there, also while this one is away. Your signature is on them, so nobody can alter them.`}
    >
      {query.isPending ? <SkeletonRows rows={1} label={t`Loading`} /> : null}
      {query.isError ? <FailedState error={query.error} onRetry={() => void query.refetch()} /> : null}
      {data ? (
        <>
          <ul className={s.list} aria-label={t`Where your profile lies`}>
            <li className={s.row}>
              <MapPin size={20} aria-hidden />
              <div className={s.text}>
                <strong>{data.domain}</strong>
                {data.home ? (
                  <span>
                    <Trans>Here, where you are at home</Trans>
                  </span>
                ) : (
                  <PlaceWord place={data.places.find((place) => place.domain === data.domain && place.state === "kept")} />
                )}
              </div>
            </li>
            {others.map((place) => (
              <li key={place.domain} className={s.row}>
                <MapPin size={20} aria-hidden />
                <div className={s.text} role={place.state === "moving" ? "status" : undefined}>
                  <strong>{place.domain}</strong>
                  <PlaceWord place={place} />
                </div>
                {place.state === "moving" ? (
                  <div className={s.acts}>
                    <Button isPending={stay.pending} onPress={() => void stay.run(data.domain)}>
                      <Trans>Stay where it is</Trans>
                    </Button>
                  </div>
                ) : null}
              </li>
            ))}
          </ul>
          <FormError error={stay.error} />
          {moving ? null : (
            <div className={s.acts}>
              <Button onPress={() => { setOpen("choose"); }}>
                <Trans>Choose another place</Trans>
              </Button>
              {data.home ? null : (
                <Button onPress={() => { setOpen("home"); }}>
                  <Trans>Bring it home</Trans>
                </Button>
              )}
            </div>
          )}
        </>
      ) : null}
      {open === "choose" && data ? <PlaceDialog current={data.domain} onChoose={choose} onClose={() => { setOpen(null); }} /> : null}
      <ConfirmDialog
        isOpen={open === "home"}
        onClose={() => { setOpen(null); }}
        title={<Trans>Bring your profile home?</Trans>}
        action={t`Bring it home`}
        onConfirm={() => choose(user.domain)}
      >
        <Trans>It lies at {user.domain} again, and {data?.domain} is asked to erase what it keeps.</Trans>
      </ConfirmDialog>
      {proof.dialog}
    </Section>
  );
}
