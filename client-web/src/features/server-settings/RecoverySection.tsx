import { useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { Link } from "wouter";
import type { Server } from "@kit/api";
import { takeoverApi, type KeySignature, type RecoveryKey, type RecoveryKeys } from "@kit/api/takeover";
import { CoSign, HolderName, KeyList } from "@kit/identity/CoSign";
import { Button } from "@kit/ui/Button";
import { CheckField } from "@kit/ui/CheckField";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Note, Stack } from "@kit/ui/Page";
import { Section } from "@kit/ui/SettingsLayout";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";

/** Who can have the community go on elsewhere when its place is gone. */
export function RecoverySection({ server }: { server: Server }) {
  const { t } = useLingui();
  const [changing, setChanging] = useState(false);
  const query = useQuery({ queryKey: ["recovery", server.id], queryFn: () => takeoverApi.keys(server.id) });
  const known = query.data;
  return (
    <Section
      title={<Trans>If this place is ever gone</Trans>}
      lead={t`Then whoever holds the recovery keys can have the community live on at another place that has members in it. They are the own keys of people, which no place ever sees.`}
    >
      {query.isPending ? <SkeletonRows rows={1} label={t`Loading`} /> : null}
      {query.isError ? <FailedState error={query.error} onRetry={() => void query.refetch()} /> : null}
      {known ? <Known server={server} known={known} onChange={() => { setChanging(true); }} /> : null}
      {known && changing ? <ChangeDialog server={server} known={known} onClose={() => { setChanging(false); }} /> : null}
    </Section>
  );
}

function Known({ server, known, onChange }: { server: Server; known: RecoveryKeys; onChange: () => void }) {
  const { t } = useLingui();
  const mine = known.candidates.some((key) => key.holder === server.my_actor);
  return (
    <>
      {known.keys.length > 0 ? (
        <>
          <KeyList keys={known.keys} label={t`Recovery keys`} />
          {known.keys.length > 1 ? (
            <p>
              <Plural value={known.needed} one="# of them has to sign." other="# of them have to sign." />
            </p>
          ) : null}
        </>
      ) : (
        <Note tone="warn">
          <Trans>Nobody holds one yet. If {server.hub_domain} is gone, the community is gone with it.</Trans>
        </Note>
      )}
      {mine ? null : (
        <p>
          <Trans>
            You have no key of your own yet. <Link href="/settings/security">Make one</Link>, then come back.
          </Trans>
        </p>
      )}
      {known.candidates.length > 0 ? (
        <div>
          <Button onPress={onChange}>
            <Trans>Choose who holds one</Trans>
          </Button>
        </div>
      ) : null}
    </>
  );
}

function ChangeDialog({ server, known, onClose }: { server: Server; known: RecoveryKeys; onClose: () => void }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const offered: RecoveryKey[] = [...known.candidates, ...known.keys.filter((key) => !known.candidates.some((one) => one.kid === key.kid))];
  const [chosen, setChosen] = useState<readonly string[]>(known.keys.length > 0 ? known.keys.map((key) => key.key) : known.candidates.filter((key) => key.holder === server.my_actor).map((key) => key.key));
  const [signing, setSigning] = useState(false);
  const [words, setWords] = useState<readonly KeySignature[]>([]);
  const proof = useProof();
  const save = useSubmit(async (sigs: readonly KeySignature[]) => {
    const now = await proof.proven(() => takeoverApi.setKeys(server.id, chosen, sigs));
    queries.setQueryData(["recovery", server.id], now);
    onClose();
  });
  const same = chosen.length === known.keys.length && known.keys.every((key) => chosen.includes(key.key));
  const needed = Math.floor(chosen.length / 2) + 1;
  const next = () => {
    if (known.keys.length === 0) void save.run([]);
    else setSigning(true);
  };
  const add = (word: KeySignature) => {
    const all = [...words.filter((one) => one.kid !== word.kid), word];
    setWords(all);
    if (all.length >= known.needed) void save.run(all);
  };
  return (
    <>
      <Dialog
        isOpen
        onClose={onClose}
        title={signing ? <Trans>Sign the change</Trans> : <Trans>Who holds a recovery key</Trans>}
        lead={signing ? <Trans>Only the keys that count now can put others in their place.</Trans> : <Trans>People who manage this community and have a key of their own. More than half of those you choose have to sign.</Trans>}
        footer={
          <>
            <Button onPress={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            {signing ? null : (
              <Button variant="primary" isDisabled={same} isPending={save.pending} onPress={next}>
                {known.keys.length === 0 ? <Trans>Save</Trans> : <Trans>Go on</Trans>}
              </Button>
            )}
          </>
        }
      >
        <Stack>
          {signing ? (
            <CoSign
              statement={{ kind: "recovery", name: server.name, body: { sid: server.id, n: known.n + 1, keys: chosen } }}
              keys={known.keys}
              needed={known.needed}
              signed={words.map((word) => word.kid)}
              onWord={add}
              pending={save.pending}
            />
          ) : (
            <>
              <div role="group" aria-label={t`People with a key of their own`}>
                {offered.map((key) => (
                  <CheckField
                    key={key.kid}
                    isSelected={chosen.includes(key.key)}
                    onChange={(on) => { setChosen(on ? [...chosen, key.key] : chosen.filter((one) => one !== key.key)); }}
                  >
                    <HolderName of={key} />
                  </CheckField>
                ))}
              </div>
              {chosen.length === 0 ? (
                <Note tone="warn">
                  <Trans>Without a key the community cannot go on when its place is gone.</Trans>
                </Note>
              ) : (
                <p>
                  <Plural value={needed} one="# signature will be needed." other="# signatures will be needed." />
                </p>
              )}
            </>
          )}
          <FormError error={save.error} />
        </Stack>
      </Dialog>
      {proof.dialog}
    </>
  );
}
