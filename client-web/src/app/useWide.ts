import { useMedia } from "@kit/ui/useMedia";

/** Whether there is room for the member list beside the messages. */
export function useWide(): boolean {
  return useMedia("(min-width: 1101px)");
}
