import type { Challenge } from "@kit/api";
import { solve } from "./work";

onmessage = ({ data }: MessageEvent<Challenge>) => {
  postMessage(solve(data));
};
