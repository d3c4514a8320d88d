import { ArrowLeft, Compass, Globe, House, WifiOff } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Button as AriaButton } from "react-aria-components";
import { useLocation } from "wouter";
import { ApiProblem, api, type DirectoryEntry } from "@kit/api";
import { useSession, useSync } from "@kit/live";
import { Avatar } from "@kit/ui/Avatar";
import { Button } from "@kit/ui/Button";
import { cx } from "@kit/ui/cx";
import { FormError } from "@kit/ui/FormError";
import { IconButton } from "@kit/ui/IconButton";
import { parseHome } from "@kit/ui/invite-link";
import { EmptyState, FailedState, SkeletonRows } from "@kit/ui/States";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./DirectoryPage.module.css";

/** Public communities of this place, of the places it knows, and of any that the person names. */
export function DirectoryPage() {
  const { t } = useLingui();
  const { instance } = useSession();
  const [, navigate] = useLocation();
  const here = instance?.domain ?? "";
  const [domain, setDomain] = useState<string | null>(null);
  const peers = useQuery({ queryKey: ["peers"], queryFn: () => api.directory.peers(), staleTime: 60_000 });
  const shown = domain ?? here;
  const others = (peers.data ?? []).filter((peer) => peer.domain !== here);
  const typed = domain !== null && domain !== here && !others.some((peer) => peer.domain === domain);
  return (
    <main className={s.page}>
      <header className={s.head}>
        <IconButton label={t`Back`} onPress={() => { navigate("/"); }}>
          <ArrowLeft size={18} className={s.mirrored} />
        </IconButton>
        <h1>
          <Trans>Find communities</Trans>
        </h1>
      </header>
      <div className={s.columns}>
        <nav className={s.places} aria-label={t`Places`}>
          <ul>
            <Place icon={<House size={18} />} name={t`This place`} detail={here} on={shown === here} onPress={() => { setDomain(here); }} />
            {others.map((peer) => (
              <Place
                key={peer.domain}
                icon={peer.reachable ? <Globe size={18} /> : <WifiOff size={18} />}
                name={peer.domain}
                detail={peer.reachable ? undefined : t`does not answer`}
                on={shown === peer.domain}
                onPress={() => {
                  setDomain(peer.domain);
                }}
              />
            ))}
            {typed ? <Place icon={<Globe size={18} />} name={shown} on onPress={() => undefined} /> : null}
          </ul>
          <OtherPlace onGo={setDomain} />
        </nav>
        {here ? <Entries key={shown} domain={shown} here={shown === here} /> : null}
      </div>
    </main>
  );
}

function Place({ icon, name, detail, on, onPress }: { icon: React.ReactNode; name: string; detail?: string | undefined; on: boolean; onPress: () => void }) {
  return (
    <li>
      <AriaButton className={cx(s.place, on && s.on)} aria-current={on ? "true" : undefined} onPress={onPress}>
        {icon}
        <span className={s.placeText}>
          <span className={s.cut}>{name}</span>
          {detail ? <small className={s.cut}>{detail}</small> : null}
        </span>
      </AriaButton>
    </li>
  );
}

function OtherPlace({ onGo }: { onGo: (domain: string) => void }) {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const domain = parseHome(text);
    setWrong(!domain);
    if (domain) {
      setText("");
      onGo(domain);
    }
  };
  return (
    <form onSubmit={onSubmit} className={s.other}>
      <TextField label={t`Another place`} value={text} onChange={(value) => { setText(value); setWrong(false); }} placeholder="harbour.town" autoComplete="off" spellCheck="false" inputMode="url" error={wrong ? t`Type a domain, such as harbour.town.` : undefined} />
      <Button type="submit" size="small" wide isDisabled={text.trim() === ""}>
        <Trans>Look there</Trans>
      </Button>
    </form>
  );
}

function Entries({ domain, here }: { domain: string; here: boolean }) {
  const { t } = useLingui();
  const list = useQuery({ queryKey: ["directory", domain], queryFn: () => api.directory.list(here ? undefined : domain), retry: false });
  if (list.isPending) return <SkeletonRows rows={4} label={t`Asking ${domain}`} />;
  if (list.isError) {
    const { error } = list;
    const named = error instanceof ApiProblem && error.domain === null && !here ? new ApiProblem({ status: error.status, code: error.code, detail: error.detail, domain }) : error;
    return <FailedState error={named} onRetry={() => void list.refetch()} />;
  }
  if (list.data.servers.length === 0)
    return (
      <EmptyState icon={<Compass size={32} strokeWidth={1.5} />} title={<Trans>No public communities at {domain}</Trans>}>
        {here ? t`Create one and switch on “Show it in the list of communities”, or look at another place.` : t`Its communities may be open by invitation only.`}
      </EmptyState>
    );
  return (
    <ul className={s.entries} aria-label={t`Communities at ${domain}`}>
      {list.data.servers.map((entry) => (
        <Entry key={entry.id} entry={entry} />
      ))}
    </ul>
  );
}

function Entry({ entry }: { entry: DirectoryEntry }) {
  const sync = useSync();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const join = useSubmit(async () => {
    const server = await api.directory.join(entry.domain, entry.id);
    sync.addServer(server);
    void queries.invalidateQueries({ queryKey: ["directory"] });
    navigate(`/s/${server.id}`);
  });
  return (
    <li className={s.entry}>
      <Avatar id={entry.id} name={entry.name} src={entry.icon} size={48} shape="square" />
      <div className={s.entryText}>
        <h2>{entry.name}</h2>
        {entry.description ? <p>{entry.description}</p> : null}
        <small>
          <Plural value={entry.member_count} one="# member" other="# members" /> · {entry.domain}
        </small>
        <FormError error={join.error} />
      </div>
      {entry.joined ? (
        <Button onPress={() => { navigate(`/s/${entry.id}`); }}>
          <Trans>Open</Trans>
        </Button>
      ) : (
        <Button variant="primary" isPending={join.pending} onPress={() => void join.run()}>
          <Trans>Join</Trans>
        </Button>
      )}
    </li>
  );
}
