export { Sync, createSync, type SyncDeps } from "./sync";
export {
  channelKey,
  emptyState,
  type ChannelWindow,
  type LiveState,
  type OutboxAttachment,
  type OutboxItem,
  type UploadItem,
  type UploadLimits,
} from "./state";
export { reduce } from "./reducer";
export type { Draft } from "./database";
export type { Uploads } from "./uploads";
export type { Socket } from "./gateway";
