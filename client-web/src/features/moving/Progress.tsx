import { useState } from "react";
import { CheckCircle2, CircleAlert, Hourglass } from "lucide-react";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Link } from "wouter";
import { movingApi, type Arrival, type ArrivalCommunity } from "@kit/api/moving";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Note, Stack } from "@kit/ui/Page";
import { TextField } from "@kit/ui/TextField";
import { fieldError } from "@kit/ui/problem";
import { useSubmit } from "@kit/ui/useSubmit";
import s from "./Moving.module.css";

/** How far it is with an account that is brought here. */
export function Progress({ found, onAsked }: { found: Arrival; onAsked: () => void }) {
  const { t } = useLingui();
  if (found.state === "arriving")
    return (
      <CardPage title={<Trans>Your account is on its way</Trans>}>
        <Stack>
          <p role="status">
            {found.problem && found.problem !== "overloaded" ? (
              <Trans>{found.domain} does not answer at the moment. It is asked again; you can leave this page.</Trans>
            ) : (
              <Trans>{found.domain} hands it over as soon as everything that you sent has arrived.</Trans>
            )}
          </p>
        </Stack>
      </CardPage>
    );
  const done = found.communities.filter((c) => c.state === "done").length;
  const waiting = found.communities.some((c) => c.state === "waiting") || found.waiting_for.length > 0;
  return (
    <CardPage
      title={waiting ? <Trans>You live here now</Trans> : <Trans>You live here now, and all know</Trans>}
      lead={
        <span role="status">
          <Plural value={found.communities.length} _0="No community is known yet." one={`${done} of # community knows.`} other={`${done} of # communities know.`} />
        </span>
      }
    >
      <Stack>
        {found.communities.length > 0 ? (
          <ul className={s.list} aria-label={t`Communities`}>
            {found.communities.map((community) => (
              <Row key={community.id} community={community} />
            ))}
          </ul>
        ) : null}
        {found.waiting_for.length > 0 ? (
          <p className={s.more}>
            <Trans>Waiting for {found.waiting_for.join(", ")}: which communities you are in there is asked again and again.</Trans>
          </p>
        ) : null}
        {found.unsent.length > 0 ? (
          <Note tone="warn">
            <Trans>These had not reached their community, and were not sent:</Trans>
            <ul>
              {found.unsent.map((body, at) => (
                <li key={at}>{body}</li>
              ))}
            </ul>
          </Note>
        ) : null}
        {found.by_own_key ? <Missing onAsked={onAsked} /> : null}
        <Button variant="primary" wide onPress={() => { window.location.assign("/"); }}>
          <Trans>To my communities</Trans>
        </Button>
      </Stack>
    </CardPage>
  );
}

function Row({ community }: { community: ArrivalCommunity }) {
  const { t } = useLingui();
  const word =
    community.state === "done"
      ? community.member
        ? t`knows`
        : t`you left it; knows`
      : community.state === "waiting"
        ? community.problem
          ? t`not reached yet; it is told again`
          : t`is being told`
        : t`does not take you over`;
  return (
    <li>
      {community.state === "done" ? (
        <CheckCircle2 size={18} aria-hidden className={s.good} />
      ) : community.state === "waiting" ? (
        <Hourglass size={18} aria-hidden />
      ) : (
        <CircleAlert size={18} aria-hidden className={s.bad} />
      )}
      <span className={s.name}>
        <strong>{community.name || community.id}</strong>
        <span>{community.domain}</span>
        {community.state === "waiting" && community.problem ? (
          <Link href={`/takeover/${community.id}`}>
            <Trans>Is its place gone for good?</Trans>
          </Link>
        ) : null}
      </span>
      <span className={s.state}>{word}</span>
    </li>
  );
}

/** Without the former home nobody knows all communities: others are asked. */
function Missing({ onAsked }: { onAsked: () => void }) {
  const { t } = useLingui();
  const [domain, setDomain] = useState("");
  const ask = useSubmit(async () => {
    await movingApi.ask([domain.trim()]);
    setDomain("");
    onAsked();
  });
  return (
    <Stack>
      <Note>
        <Trans>You came with your key, without your former home. How far you had read, your settings there and what had not been sent are lost. Communities that lived there come back only with it.</Trans>
      </Note>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (domain.trim()) void ask.run();
        }}
      >
        <TextField
          label={t`A community is missing? Where it lives`}
          value={domain}
          onChange={setDomain}
          placeholder="chat.example.org"
          autoComplete="off"
          spellCheck="false"
          error={fieldError(ask.error, "domain")}
          after={
            <Button type="submit" size="small" isDisabled={domain.trim() === ""} isPending={ask.pending}>
              <Trans>Ask there</Trans>
            </Button>
          }
        />
        <FormError error={ask.error} fields={["domain"]} />
      </form>
    </Stack>
  );
}
