import { useCallback, useState, type ReactNode } from "react";
import { isProblem } from "@kit/api";
import { ProofDialog } from "./ProofDialog";

export interface Proof {
  /** Runs an act; where the server first wants to know who is there, asks and runs it again. */
  proven: <T>(act: () => Promise<T>) => Promise<T>;
  /** To be shown somewhere on the page. */
  dialog: ReactNode;
}

/** For acts that the server lets through only soon after the person proved who they are. */
export function useProof(): Proof {
  const [asking, setAsking] = useState<((proven: boolean) => void) | null>(null);
  const proven = useCallback(async <T,>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      if (!isProblem(error, "proof_required")) throw error;
      const answer = await new Promise<boolean>((resolve) => {
        setAsking(() => resolve);
      });
      setAsking(null);
      if (!answer) throw error;
      return act();
    }
  }, []);
  return { proven, dialog: asking ? <ProofDialog onDone={asking} /> : null };
}
