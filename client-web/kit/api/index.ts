export { api, type Api, type HistoryQuery, type SendMessage } from "./api";
export { ABORTED, ApiProblem, OFFLINE, isProblem, problemFrom } from "./problem";
export type * from "./types";
