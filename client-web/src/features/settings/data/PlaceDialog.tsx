import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { identityApi, type ProfileHostOffer } from "@kit/api/identity";
import { Button } from "@kit/ui/Button";
import { ChoiceField } from "@kit/ui/ChoiceField";
import { Dialog } from "@kit/ui/Dialog";
import { FormError } from "@kit/ui/FormError";
import { Note, Stack } from "@kit/ui/Page";
import { fieldError } from "@kit/ui/problem";
import { SkeletonRows } from "@kit/ui/States";
import { TextField } from "@kit/ui/TextField";
import { useSubmit } from "@kit/ui/useSubmit";

/** Choosing a place for the profile: of those that are known, or any that is typed. */
export function PlaceDialog({ current, onChoose, onClose }: { current: string; onChoose: (domain: string) => Promise<void>; onClose: () => void }) {
  const { t } = useLingui();
  const list = useQuery({ queryKey: ["profile-hosts"], queryFn: () => identityApi.offers(), staleTime: 0 });
  const [typed, setTyped] = useState("");
  const [found, setFound] = useState<ProfileHostOffer[]>([]);
  const [chosen, setChosen] = useState("");
  const look = useSubmit(async () => {
    const offer = await identityApi.offer(typed.trim());
    setFound((before) => [offer, ...before.filter((one) => one.domain !== offer.domain)]);
    if (offer.open) setChosen(offer.domain);
    setTyped("");
  });
  const submit = useSubmit(() => onChoose(chosen));
  const offers = [...found, ...(list.data ?? []).filter((one) => found.every((other) => other.domain !== one.domain))];
  const possible = offers.filter((offer) => offer.open && offer.domain !== current);
  const closed = found.find((offer) => !offer.open);
  const terms = possible.find((offer) => offer.domain === chosen)?.terms ?? "";
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={<Trans>Choose a place for your profile</Trans>}
      lead={<Trans>You stay at home here: only your profile is kept there. The place before it is asked to erase it.</Trans>}
      footer={
        <>
          <Button onPress={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button
            variant="primary"
            isDisabled={chosen === ""}
            isPending={submit.pending}
            onPress={() => {
              void submit.run().then((done) => {
                if (done) onClose();
              });
            }}
          >
            <Trans>Keep it there</Trans>
          </Button>
        </>
      }
    >
      <Stack>
        {list.isPending ? <SkeletonRows rows={2} label={t`Asking other places`} /> : null}
        {possible.length > 0 ? (
          <ChoiceField
            label={t`Places that keep profiles`}
            layout="cards"
            value={chosen}
            onChange={setChosen}
            choices={possible.map((offer) => ({ id: offer.domain, name: offer.domain, help: offer.name === offer.domain ? undefined : offer.name }))}
          />
        ) : list.isPending ? null : (
          <Note>
            <Trans>No place that is known here offers it at the moment. You can type the address of any other.</Trans>
          </Note>
        )}
        {terms ? (
          <div role="status">
            <Note>
              <Trans>What {chosen} asks of you: {terms}</Trans>
            </Note>
          </div>
        ) : null}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.trim()) void look.run();
          }}
        >
          <TextField
            label={t`Another place`}
            value={typed}
            onChange={setTyped}
            placeholder="chat.example.org"
            autoComplete="off"
            spellCheck="false"
            error={fieldError(look.error, "domain")}
            after={
              <Button type="submit" size="small" isDisabled={typed.trim() === ""} isPending={look.pending}>
                <Trans>Ask it</Trans>
              </Button>
            }
          />
        </form>
        {closed ? (
          <Note tone="warn">
            <Trans>{closed.domain} does not take profiles of people from here, or has no room for more.</Trans>
          </Note>
        ) : null}
        <FormError error={look.error} fields={["domain"]} />
        <FormError error={submit.error} />
      </Stack>
    </Dialog>
  );
}
