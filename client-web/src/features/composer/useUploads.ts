import { useLive, useSync } from "@kit/live";
import { channelKey, type OutboxAttachment, type UploadItem, type UploadLimits } from "@kit/sync";
import { toastError } from "@kit/ui/Toasts";
import { useCallback, useMemo } from "react";

const NONE: readonly UploadItem[] = [];

/** The files that go with the message that is being written in a channel. They go on when it is left, and survive a reload. */
export function useUploads(sid: string, cid: string, { bytes, count }: UploadLimits) {
  const sync = useSync();
  const key = channelKey(sid, cid);
  const items = useLive((state) => state.files[key]) ?? NONE;

  /** Takes files in; answers how many did not fit. */
  const add = useCallback(
    async (files: readonly File[]): Promise<number> => {
      try {
        return (await sync.uploads()).add(sid, cid, files, { bytes, count });
      } catch (error) {
        toastError(error);
        return 0;
      }
    },
    [sync, sid, cid, bytes, count],
  );

  const actions = useMemo(() => {
    const tell = (what: (uploads: Awaited<ReturnType<typeof sync.uploads>>) => void): void => {
      sync.uploads().then(what).catch(toastError);
    };
    return {
      remove: (id: string) => tell((uploads) => uploads.remove(id)),
      retry: (id: string) => tell((uploads) => uploads.retry(id)),
      describe: (id: string, part: { alt?: string; spoiler?: boolean }) =>
        tell((uploads) => uploads.describe(id, part)),
      handOver: (ids: string[]) => tell((uploads) => uploads.handOver(ids)),
    };
  }, [sync]);

  /** Hands the finished files over to a message and forgets them here. */
  const take = (): OutboxAttachment[] => {
    actions.handOver(items.map((item) => item.id));
    return items.flatMap(({ file, alt, spoiler }) => {
      if (!file) return [];
      const { upload, name, type, size, width, height, thumbhash, preview_url: previewUrl } = file;
      return [{ upload, name, type, size, width, height, thumbhash, previewUrl, alt, spoiler }];
    });
  };

  return { items, add, take, ...actions };
}
