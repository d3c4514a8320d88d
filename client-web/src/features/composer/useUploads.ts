import { api, ABORTED, isProblem, type Upload } from "@kit/api";
import type { OutboxAttachment } from "@kit/sync";
import { explain } from "@kit/ui/problem";
import { useCallback, useEffect, useRef, useState } from "react";

export interface UploadItem {
  id: number;
  file: File;
  /** Address of a preview that only this page knows. */
  preview: string | null;
  /** Sent share, 0 to 1. */
  share: number;
  state: "uploading" | "done" | "failed";
  error: string | null;
  upload: Upload | null;
  alt: string;
  spoiler: boolean;
}

export interface UploadLimits {
  bytes: number;
  count: number;
}

/** The files that go with the message that is being written. */
export function useUploads(sid: string, cid: string, limits: UploadLimits, tooLarge: (file: File) => string) {
  const [items, setItems] = useState<UploadItem[]>([]);
  const tasks = useRef(new Map<number, { cancel(): void }>());
  const counter = useRef(0);
  const current = useRef(items);
  current.current = items;

  const patch = useCallback((id: number, part: Partial<UploadItem>) => {
    setItems((all) => all.map((item) => (item.id === id ? { ...item, ...part } : item)));
  }, []);

  const begin = useCallback(
    (id: number, file: File) => {
      const task = api.uploads.start(sid, cid, file, (share) => patch(id, { share }));
      tasks.current.set(id, task);
      task.done
        .then((upload) => patch(id, { upload, state: "done", share: 1 }))
        .catch((error: unknown) => {
          if (isProblem(error, ABORTED)) return;
          const { title, detail } = explain(error);
          patch(id, { state: "failed", error: detail ? `${title} ${detail}` : title });
        })
        .finally(() => tasks.current.delete(id));
    },
    [sid, cid, patch],
  );

  /** Takes files in; returns how many did not fit. */
  const add = useCallback(
    (files: readonly File[]): number => {
      const room = Math.max(0, limits.count - current.current.length);
      const fresh = files.slice(0, room).map((file): UploadItem => {
        counter.current += 1;
        const large = file.size > limits.bytes;
        return {
          id: counter.current,
          file,
          preview: file.type.startsWith("image/") ? URL.createObjectURL(file) : null,
          share: 0,
          state: large ? "failed" : "uploading",
          error: large ? tooLarge(file) : null,
          upload: null,
          alt: "",
          spoiler: false,
        };
      });
      setItems((all) => [...all, ...fresh]);
      for (const item of fresh) if (item.state === "uploading") begin(item.id, item.file);
      return files.length - fresh.length;
    },
    [limits.bytes, limits.count, begin, tooLarge],
  );

  const remove = useCallback((id: number) => {
    const item = current.current.find((i) => i.id === id);
    tasks.current.get(id)?.cancel();
    if (item?.preview) URL.revokeObjectURL(item.preview);
    if (item?.upload) api.uploads.remove(item.upload.upload).catch(() => undefined);
    setItems((all) => all.filter((i) => i.id !== id));
  }, []);

  const retry = useCallback(
    (id: number) => {
      const item = current.current.find((i) => i.id === id);
      if (!item || item.file.size > limits.bytes) return;
      patch(id, { state: "uploading", error: null, share: 0 });
      begin(id, item.file);
    },
    [begin, patch, limits.bytes],
  );

  /** Hands the finished files over to a message and forgets them here. */
  const take = useCallback((): OutboxAttachment[] => {
    const done = current.current.flatMap((item) =>
      item.upload
        ? [
            {
              upload: item.upload.upload,
              name: item.upload.name,
              type: item.upload.type,
              size: item.upload.size,
              width: item.upload.width,
              height: item.upload.height,
              thumbhash: item.upload.thumbhash,
              previewUrl: item.upload.preview_url,
              alt: item.alt,
              spoiler: item.spoiler,
            },
          ]
        : [],
    );
    for (const item of current.current) if (item.preview) URL.revokeObjectURL(item.preview);
    setItems([]);
    return done;
  }, []);

  useEffect(() => {
    const running = tasks.current;
    return () => {
      for (const task of running.values()) task.cancel();
      for (const item of current.current) if (item.preview) URL.revokeObjectURL(item.preview);
    };
  }, []);

  return { items, add, remove, retry, take, patch };
}
