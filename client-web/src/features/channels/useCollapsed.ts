import { useCallback, useState } from "react";

const key = (sid: string) => `conntext.collapsed.${sid}`;

function load(sid: string): Set<string> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key(sid)) ?? "[]");
    return new Set(Array.isArray(stored) ? stored.map(String) : []);
  } catch {
    return new Set();
  }
}

/** Which categories of a community are folded in this browser, and a way to fold and unfold. */
export function useCollapsed(sid: string): [ReadonlySet<string>, (category: string) => void] {
  const [state, setState] = useState(() => ({ sid, folded: load(sid) }));
  const current = state.sid === sid ? state : { sid, folded: load(sid) };
  if (current !== state) setState(current);
  const toggle = useCallback(
    (category: string) => {
      setState((before) => {
        const folded = new Set(before.folded);
        if (!folded.delete(category)) folded.add(category);
        try {
          localStorage.setItem(key(sid), JSON.stringify([...folded]));
        } catch {
          // Without storage the choice lasts until the page is closed.
        }
        return { sid, folded };
      });
    },
    [sid],
  );
  return [current.folded, toggle];
}
