import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { isProblem } from "@kit/api";
import { takeoverApi, type KeySignature, type TakeoverStatus } from "@kit/api/takeover";
import { CoSign } from "@kit/identity/CoSign";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { CardPage, Note, Stack } from "@kit/ui/Page";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { useSubmit } from "@kit/ui/useSubmit";

/** How often it is asked how far it is. */
const ASK_MS = 1500;

/** A community whose place is gone goes on at this one, by its recovery keys. */
export function TakeoverPage({ sid }: { sid: string }) {
  const { t } = useLingui();
  const query = useQuery({
    queryKey: ["takeover", sid],
    queryFn: () => takeoverApi.look(sid),
    retry: false,
    refetchInterval: (q) => (["signing", "collecting", "restoring"].includes(q.state.data?.state ?? "") ? ASK_MS : false),
  });
  if (query.isPending) return <CardPage><SkeletonRows rows={3} label={t`Loading`} /></CardPage>;
  if (!query.data) return <CardPage><FailedState error={query.error} onRetry={() => void query.refetch()} /></CardPage>;
  const found = query.data;
  switch (found.state) {
    case "signing":
      return <Signing found={found} />;
    case "collecting":
    case "restoring":
    case "here":
      return <Going found={found} />;
    case "none":
    case "stopped":
      return <Begin found={found} />;
  }
}

function useFresh(sid: string) {
  const queries = useQueryClient();
  return (now: TakeoverStatus) => {
    queries.setQueryData(["takeover", sid], now);
  };
}

function Home() {
  return (
    <Button variant="primary" wide onPress={() => { window.location.assign("/"); }}>
      <Trans>To my communities</Trans>
    </Button>
  );
}

function Begin({ found }: { found: TakeoverStatus }) {
  const { instance } = useSession();
  const here = instance?.domain ?? "";
  const fresh = useFresh(found.id);
  const [answers, setAnswers] = useState(false);
  const begin = useSubmit(async (anyway: boolean) => {
    try {
      fresh(await takeoverApi.begin(found.id, anyway));
    } catch (e) {
      if (!isProblem(e, "hub_answers")) throw e;
      setAnswers(true);
    }
  });
  if (found.hub_is_here)
    return (
      <CardPage title={<Trans>{found.name} lives here</Trans>}>
        <Home />
      </CardPage>
    );
  if (found.keys.length === 0)
    return (
      <CardPage title={<Trans>{found.name} waits for {found.hub_domain}</Trans>}>
        <Stack>
          <p>
            <Trans>Nobody named recovery keys for it while {found.hub_domain} was there, so it can only go on when that is back. What is here stays readable.</Trans>
          </p>
          <Home />
        </Stack>
      </CardPage>
    );
  return (
    <CardPage
      title={<Trans>Go on without {found.hub_domain}</Trans>}
      lead={<Trans>If {found.hub_domain} is gone for good, {found.name} can live on at {here}, with everything that this place and the other ones of its members hold.</Trans>}
    >
      <Stack>
        {found.state === "stopped" ? (
          <Note tone="warn">
            <Stopped problem={found.problem} domain={found.hub_domain} />
          </Note>
        ) : null}
        <Note>
          <Plural
            value={found.needed}
            one="It needs the signature of # recovery key. Its owner holds it, or somebody whom the owner trusts."
            other="It needs the signatures of # recovery keys. Its owner and people whom the owner trusts hold them."
          />
        </Note>
        <p>
          <Trans>What only {found.hub_domain} had is lost: the last messages, if they reached nobody else, old ones that nobody elsewhere ever looked at, channels that only people of that place could see, and invitations. Should it come back, it follows, and whoever wrote something there that nobody else heard of is asked whether to send it again.</Trans>
        </p>
        {answers ? (
          <Note tone="bad">
            <Trans>{found.hub_domain} answers. Its owner can move the community from there, with nothing lost. Go on only if that place acts against its members.</Trans>
          </Note>
        ) : null}
        <Button variant="primary" wide isPending={begin.pending} onPress={() => void begin.run(answers)}>
          {answers ? <Trans>Go on all the same</Trans> : <Trans>Look what there is</Trans>}
        </Button>
        <FormError error={begin.error} />
      </Stack>
    </CardPage>
  );
}

function Stopped({ problem, domain }: { problem: string | null; domain: string }) {
  switch (problem) {
    case "outdated":
      return <Trans>It was not gone on with: {domain} had said more meanwhile. Look again.</Trans>;
    case "incomplete_copy":
      return <Trans>It cannot go on here: this place never got the beginning of the community. Try it at another place that has members in it.</Trans>;
    default:
      return <Trans>It did not go on here: what the places hold does not fit together. Nothing was changed.</Trans>;
  }
}

function Signing({ found }: { found: TakeoverStatus }) {
  const { i18n } = useLingui();
  const fresh = useFresh(found.id);
  const queries = useQueryClient();
  const sign = useSubmit(async (word: KeySignature) => {
    fresh(await takeoverApi.sign(found.id, [word]));
  });
  const withdraw = useSubmit(async () => {
    await takeoverApi.withdraw(found.id);
    await queries.invalidateQueries({ queryKey: ["takeover", found.id] });
  });
  const at = i18n.date(new Date(found.base_at ?? 0), { dateStyle: "medium", timeStyle: "short" });
  return (
    <CardPage title={<Trans>Sign that {found.name} goes on here</Trans>} lead={<Trans>It goes on behind what was said last on {at}.</Trans>}>
      <Stack>
        <Silent found={found} />
        {found.statement ? (
          <CoSign
            statement={{ kind: "takeover", name: found.name, body: found.statement }}
            keys={found.keys}
            needed={found.needed}
            signed={found.keys.filter((key) => key.signed).map((key) => key.kid)}
            onWord={(word) => void sign.run(word)}
            pending={sign.pending}
          />
        ) : null}
        <FormError error={sign.error} />
        {found.mine ? (
          <Button isPending={withdraw.pending} onPress={() => void withdraw.run()}>
            <Trans>Do not do it</Trans>
          </Button>
        ) : null}
        <FormError error={withdraw.error} />
      </Stack>
    </CardPage>
  );
}

function Silent({ found }: { found: TakeoverStatus }) {
  if (found.silent.length === 0) return null;
  return (
    <Note tone="warn">
      <Trans>No answer from {found.silent.join(", ")}. What only they hold is lost if it goes on without them.</Trans>
    </Note>
  );
}

function Going({ found }: { found: TakeoverStatus }) {
  const done = found.state === "here";
  return (
    <CardPage title={done ? <Trans>{found.name} lives here now</Trans> : found.state === "restoring" ? <Trans>{found.name} is here, files are still coming</Trans> : <Trans>{found.name} is on its way</Trans>}>
      <Stack>
        <p role="status">
          {done ? (
            found.lost + found.missing === 0 ? (
              <Trans>Nothing is missing of what was ever read elsewhere.</Trans>
            ) : (
              <>
                <Plural value={found.lost} _0="No message is missing." one="# message is missing: nobody holds it any more." other="# messages are missing: nobody holds them any more." />{" "}
                <Plural value={found.missing} _0="No file is missing." one="# file is missing." other="# files are missing." />
              </>
            )
          ) : found.problem === "incomplete" ? (
            <Trans>Whoever holds the last of it does not answer at the moment. It goes on by itself; you can leave this page.</Trans>
          ) : found.state === "restoring" ? (
            <Trans>{found.files} of {found.of_files} files are here. Everybody can talk meanwhile.</Trans>
          ) : (
            <Plural value={found.events} _0="The other places are asked what they hold." one="# event came from other places so far." other="# events came from other places so far." />
          )}
        </p>
        <Silent found={found} />
        {done ? <Home /> : null}
      </Stack>
    </CardPage>
  );
}
