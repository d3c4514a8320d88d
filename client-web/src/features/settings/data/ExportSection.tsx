import { Download, FileArchive, Hourglass } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trans, useLingui } from "@lingui/react/macro";
import { isProblem, type Export } from "@kit/api";
import { dataApi } from "@kit/api/data";
import { Button } from "@kit/ui/Button";
import { ButtonLink } from "@kit/ui/ButtonLink";
import { ConfirmDialog } from "@kit/ui/ConfirmDialog";
import { FormError } from "@kit/ui/FormError";
import { Note } from "@kit/ui/Page";
import { ProgressBar } from "@kit/ui/ProgressBar";
import { Section } from "@kit/ui/SettingsLayout";
import { FailedState, SkeletonRows } from "@kit/ui/States";
import { toast } from "@kit/ui/Toasts";
import { useProof } from "@kit/ui/useProof";
import { useSubmit } from "@kit/ui/useSubmit";
import { fileSize } from "./bytes";
import s from "./Data.module.css";

/** How often it is asked how far an archive is. */
const ASK_MS = 1000;
const key = ["exports"];

function isUnderWay(one: Export): boolean {
  return one.state === "queued" || one.state === "running";
}

/** One archive with everything of the person's: asked for, made, downloaded, deleted. */
export function ExportSection() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const proof = useProof();
  const list = useQuery({
    queryKey: key,
    queryFn: () => dataApi.exports(),
    refetchInterval: (query) => (query.state.data?.some(isUnderWay) ? ASK_MS : false),
  });
  const refresh = () => queries.invalidateQueries({ queryKey: key });
  const make = useSubmit(async () => {
    try {
      await proof.proven(() => dataApi.makeExport());
    } finally {
      // It may have been asked for on another device.
      await refresh();
    }
  });
  const underWay = list.data?.find(isUnderWay);
  const ready = list.data?.find((one) => one.state === "ready");
  const newest = list.data?.[0];
  const was = useRef(false);
  useEffect(() => {
    if (was.current && !underWay && newest?.state === "ready") toast(t`Your archive is ready.`);
    was.current = underWay !== undefined;
  }, [underWay, newest?.state, t]);
  return (
    <Section
      title={<Trans>Take your data out</Trans>}
      lead={t`One archive holds your profile, your settings, everything you wrote, your files, and the proof of who you are. You can read it in any browser, and bring it along to another place.`}
    >
      {list.isPending ? <SkeletonRows rows={1} label={t`Loading your archives`} /> : null}
      {list.isError ? <FailedState error={list.error} onRetry={() => void list.refetch()} /> : null}
      {underWay ? <UnderWay one={underWay} onGone={refresh} /> : null}
      {ready ? <Ready one={ready} replaced={underWay !== undefined} onGone={refresh} /> : null}
      {!underWay && newest?.state === "failed" ? (
        <Note tone="bad">
          {newest.code === "storage_full" ? (
            <Trans>Your archive could not be made: there is no room left here. Tell the people who run this place, and try again later.</Trans>
          ) : (
            <Trans>Your archive could not be made. Try again; if it stays so, tell the people who run this place.</Trans>
          )}
        </Note>
      ) : null}
      {!underWay && !ready && newest?.state === "expired" ? (
        <Note>
          <Trans>The archive that you had made is deleted, since its time was over.</Trans>
        </Note>
      ) : null}
      {isProblem(make.error, "rate") ? (
        <div role="alert">
          <Note tone="warn">
            <Trans>No more archives today. Use the one that you have, or try again tomorrow.</Trans>
          </Note>
        </div>
      ) : (
        <FormError error={make.error} />
      )}
      {list.data && !underWay ? (
        <div>
          <Button variant={ready ? "quiet" : "primary"} isPending={make.pending} onPress={() => void make.run()}>
            {ready ? <Trans>Make a new archive</Trans> : <Trans>Make an archive</Trans>}
          </Button>
        </div>
      ) : null}
      {proof.dialog}
    </Section>
  );
}

function UnderWay({ one, onGone }: { one: Export; onGone: () => Promise<unknown> }) {
  const { t, i18n } = useLingui();
  const cancel = useSubmit(async () => {
    await dataApi.removeExport(one.id);
    await onGone();
  });
  const share = one.total > 0 ? one.done / one.total : 0;
  const percent = i18n.number(share, { style: "percent", maximumFractionDigits: 0 });
  const waits = one.state === "queued";
  return (
    <div className={s.card}>
      <div className={s.line}>
        <Hourglass size={22} aria-hidden="true" />
        <div className={s.text}>
          <strong role="status">{waits ? <Trans>Your archive waits for its turn</Trans> : <Trans>Your archive is being made</Trans>}</strong>
          <span>
            {waits ? <Trans>Others come first. You can close this page.</Trans> : <Trans>{percent} done. You can close this page.</Trans>}
          </span>
        </div>
        <Button isPending={cancel.pending} onPress={() => void cancel.run()}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
      <ProgressBar label={t`Making your archive`} share={share} text={percent} />
      <FormError error={cancel.error} />
    </div>
  );
}

function Ready({ one, replaced, onGone }: { one: Export; replaced: boolean; onGone: () => Promise<unknown> }) {
  const { t, i18n } = useLingui();
  const [asking, setAsking] = useState(false);
  const made = i18n.date(new Date(one.created_at), { dateStyle: "medium", timeStyle: "short" });
  const until = one.expires_at === null ? "" : i18n.date(new Date(one.expires_at), { dateStyle: "medium" });
  return (
    <div className={s.card}>
      <div className={s.line}>
        <FileArchive size={22} aria-hidden="true" />
        <div className={s.text}>
          <strong>
            <Trans>Archive of {made}</Trans>
          </strong>
          <span>
            {fileSize(i18n, one.size ?? 0)} · {replaced ? <Trans>deleted when the new one is ready</Trans> : <Trans>kept until {until}</Trans>}
          </span>
        </div>
        <div className={s.acts}>
          <ButtonLink variant="primary" href={dataApi.archiveUrl(one.id)} download icon={<Download size={16} />}>
            <Trans>Download</Trans>
          </ButtonLink>
          <Button onPress={() => { setAsking(true); }}>
            <Trans>Delete</Trans>
          </Button>
        </div>
      </div>
      <ConfirmDialog
        isOpen={asking}
        onClose={() => {
          setAsking(false);
        }}
        title={<Trans>Delete this archive?</Trans>}
        action={t`Delete the archive`}
        danger
        onConfirm={async () => {
          await dataApi.removeExport(one.id);
          await onGone();
        }}
      >
        <Trans>It goes from this place. What you have downloaded stays yours, and your account does not change.</Trans>
      </ConfirmDialog>
    </div>
  );
}
