import { useCallback, useEffect, useRef } from "react";
import { isProblem, type Work } from "@kit/api";
import { accountApi } from "@kit/api/account";

/** Asks for a question and answers it, beside everything else that the page does. */
async function work(signal: AbortSignal): Promise<Work | undefined> {
  const asked = await accountApi.challenge();
  if (asked.bits === 0) return undefined;
  const worker = new Worker(new URL("./work.worker.ts", import.meta.url), { type: "module" });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      signal.addEventListener("abort", () => {
        reject(new DOMException("The page was left", "AbortError"));
      });
      worker.onmessage = ({ data }: MessageEvent<string>) => {
        resolve(data);
      };
      worker.onerror = () => {
        reject(new Error("The device cannot answer"));
      };
      worker.postMessage(asked);
    });
    return { challenge: asked.challenge, answer };
  } finally {
    worker.terminate();
  }
}

/**
 * The work that a stranger's device does for an account. It begins with the page, so that it is done when the form is filled in.
 * What this gives runs an act with the answer; and once more with another one, where the first was too old.
 */
export function useWork(needed: boolean): <T>(act: (work: Work | undefined) => Promise<T>) => Promise<T> {
  const left = useRef<AbortController | null>(null);
  const answer = useRef<Promise<Work | undefined> | null>(null);
  const answered = useCallback(() => {
    if (answer.current) return answer.current;
    const found = work((left.current ??= new AbortController()).signal);
    answer.current = found;
    // What failed is tried anew when it is needed.
    found.catch(() => {
      if (answer.current === found) answer.current = null;
    });
    return found;
  }, []);
  useEffect(() => {
    if (needed) void answered();
    return () => {
      left.current?.abort();
      left.current = null;
      answer.current = null;
    };
  }, [needed, answered]);
  return useCallback(
    async (act) => {
      if (!needed) return act(undefined);
      try {
        return await act(await answered());
      } catch (error) {
        if (!isProblem(error, "work_required")) throw error;
        answer.current = null;
        return act(await answered());
      }
    },
    [needed, answered],
  );
}
