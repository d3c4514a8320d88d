import { useState, type ReactNode } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { api, type ImportCommunity, type ImportPart, type ImportPreview } from "@kit/api";
import { dataApi } from "@kit/api/data";
import { useMe, useSync } from "@kit/live";
import { Avatar } from "@kit/ui/Avatar";
import { Button } from "@kit/ui/Button";
import { CheckField } from "@kit/ui/CheckField";
import { FormError } from "@kit/ui/FormError";
import { Note, Row } from "@kit/ui/Page";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { toast } from "@kit/ui/Toasts";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./Data.module.css";

/** What an archive would bring, to choose from. */
export function Preview({ found, onClose }: { found: ImportPreview; onClose: () => void }) {
  const { t, i18n } = useLingui();
  const { user } = useMe();
  const made = i18n.date(new Date(found.made_at), { dateStyle: "long" });
  const profile = useQuery({ queryKey: ["profile", user.id], queryFn: () => api.users.profile(user.id) });
  return (
    <div className={s.card}>
      <p role="status">
        <Trans>
          This is the archive of <strong>{found.handle}@{found.domain}</strong>, made on {made}.
        </Trans>
      </p>
      {profile.isPending ? <SkeletonRows rows={2} label={t`Loading your profile`} /> : null}
      {profile.isError ? <FailedState error={profile.error} onRetry={() => void profile.refetch()} /> : null}
      {profile.data ? <Parts found={found} bio={profile.data.bio} pronouns={profile.data.pronouns} onClose={onClose} /> : null}
      <Communities communities={found.communities} />
    </div>
  );
}

interface Offered {
  part: ImportPart;
  name: string;
  shown: ReactNode;
}

function Parts({ found, bio, pronouns, onClose }: { found: ImportPreview; bio: string; pronouns: string; onClose: () => void }) {
  const { t } = useLingui();
  const { user } = useMe();
  const sync = useSync();
  const queries = useQueryClient();
  // Decided once: what was taken over must not change the list under the person's hands.
  const [offered] = useState(() => offers());
  const [chosen, setChosen] = useState<ReadonlySet<ImportPart>>(new Set(offered.map((one) => one.part)));
  const [taken, setTaken] = useState(false);
  const take = useSubmit(async () => {
    sync.setMe(await dataApi.takeOver(found.id, offered.map((one) => one.part).filter((part) => chosen.has(part))));
    await queries.invalidateQueries({ queryKey: ["profile", user.id] });
    setTaken(true);
    toast(t`Your data is taken over.`);
  });

  function offers(): Offered[] {
    const all: (Offered | false)[] = [
      found.picture !== null && { part: "picture", name: t`Picture`, shown: <Avatar id={user.id} name={found.display_name} src={found.picture} size={56} shape="round" /> },
      found.banner !== null && { part: "banner", name: t`Banner`, shown: <img className={s.banner} src={found.banner} alt="" /> },
      found.display_name !== "" && found.display_name !== user.display_name && { part: "display_name", name: t`Name to show`, shown: found.display_name },
      found.pronouns !== "" && found.pronouns !== pronouns && { part: "pronouns", name: t`Pronouns`, shown: found.pronouns },
      found.bio !== "" && found.bio !== bio && { part: "bio", name: t`A few words about you`, shown: found.bio },
      Object.keys(found.settings).length > 0 && { part: "settings", name: t`Settings`, shown: t`Appearance, and how things are shown` },
    ];
    return all.filter((one) => one !== false);
  }

  if (taken || offered.length === 0)
    return (
      <>
        <Note>{taken ? <Trans>What you chose is taken over.</Trans> : <Trans>Your profile here is the same already.</Trans>}</Note>
        <Row>
          <Button onPress={onClose}>
            <Trans>Done</Trans>
          </Button>
        </Row>
      </>
    );
  return (
    <>
      <fieldset className={s.parts}>
        <legend>
          <Trans>What should replace what you have here?</Trans>
        </legend>
        {offered.map(({ part, name, shown }) => (
          <CheckField
            key={part}
            isSelected={chosen.has(part)}
            onChange={(on) => {
              const next = new Set(chosen);
              if (on) next.add(part);
              else next.delete(part);
              setChosen(next);
            }}
          >
            <span className={s.part}>
              <span>{name}</span>
              <span className={s.new}>{shown}</span>
            </span>
          </CheckField>
        ))}
      </fieldset>
      <FormError error={take.error} />
      <Row>
        <Button onPress={onClose}>
          <Trans>Not now</Trans>
        </Button>
        <Button variant="primary" isDisabled={chosen.size === 0} isPending={take.pending} onPress={() => void take.run()}>
          <Trans>Take over</Trans>
        </Button>
      </Row>
    </>
  );
}

function Communities({ communities }: { communities: ImportCommunity[] }) {
  if (communities.length === 0) return null;
  return (
    <>
      <h4 className={s.sub}>
        <Trans>Communities you were in</Trans>
      </h4>
      <ul className={s.places}>
        {communities.map((community) => (
          <Community key={community.id} community={community} />
        ))}
      </ul>
    </>
  );
}

function Community({ community }: { community: ImportCommunity }) {
  const { t } = useLingui();
  const sync = useSync();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const [joined, setJoined] = useState(community.joined);
  const { name, domain } = community;
  const join = useSubmit(async () => {
    sync.addServer(await api.directory.join(domain, community.id));
    void queries.invalidateQueries({ queryKey: ["directory"] });
    setJoined(true);
  });
  return (
    <li>
      <div className={s.line}>
        <Avatar id={community.id} name={name} src={null} size={36} shape="square" />
        <div className={s.text}>
          <strong>{name}</strong>
          <span>
            {domain} · {joined ? <Trans>you are in it</Trans> : community.public ? <Trans>open to everybody</Trans> : <Trans>by invitation: ask somebody there for a link</Trans>}
          </span>
        </div>
        {joined ? (
          <Button size="small" aria-label={t`Open ${name}`} onPress={() => { navigate(`/s/${community.id}`); }}>
            <Trans>Open</Trans>
          </Button>
        ) : community.public ? (
          <Button size="small" isPending={join.pending} aria-label={t`Join ${name}`} onPress={() => void join.run()}>
            <Trans>Join</Trans>
          </Button>
        ) : null}
      </div>
      <FormError error={join.error} />
    </li>
  );
}
