import { useCallback, useRef, useState } from "react";

export interface Submit<A extends unknown[]> {
  run: (...args: A) => Promise<boolean>;
  pending: boolean;
  error: unknown;
  clear: () => void;
}

/** Runs something that may fail, once at a time, and keeps the error for the form to show. `run` says whether it succeeded. */
export function useSubmit<A extends unknown[]>(act: (...args: A) => Promise<unknown>): Submit<A> {
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const busy = useRef(false);
  const latest = useRef(act);
  latest.current = act;
  const run = useCallback(async (...args: A) => {
    if (busy.current) return false;
    busy.current = true;
    setPending(true);
    setError(null);
    try {
      await latest.current(...args);
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    } finally {
      busy.current = false;
      setPending(false);
    }
  }, []);
  const clear = useCallback(() => {
    setError(null);
  }, []);
  return { run, pending, error, clear };
}
