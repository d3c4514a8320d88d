import { ApiProblem, isProblem, type Upload } from "@kit/api";
import { isWhole, uploadLine, type UploadLine, type UploadStep } from "@kit/api/upload";
import { openFiles, type FileKeep, type KeptFile } from "./file-keep";
import { backoff } from "./gateway";
import { channelKey, type UploadItem, type UploadLimits } from "./state";

/** A file up to this size goes in one request with the beginning of its upload. */
const ONE_REQUEST = 256 * 1024;
/** Uploads at a time: a browser has few lines to one host, and talking needs some. */
const AT_A_TIME = 2;
/** Files that were attached so long ago and never sent are forgotten. */
const KEEP_MS = 7 * 24 * 3_600_000;
/** How often an upload that is gone at the instance is begun anew without a byte getting through. */
const BEGIN_ANEW = 3;

export interface UploadsDeps {
  keep: FileKeep;
  line: UploadLine;
  /** Gives an upload up at the instance. */
  cancel(upload: string): Promise<void>;
  /** The files of a channel's message changed. */
  onChange(key: string, items: UploadItem[]): void;
  now(): number;
  random(): number;
  /** A new unique id. */
  nonce(): string;
  /** Runs the work while no other tab of this browser has the same upload. */
  alone(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void>;
}

/** One file: what is kept of it, what is shown of it, and the work on it. */
interface Entry {
  kept: KeptFile;
  item: UploadItem;
  task: AbortController | null;
}

/** The file was changed or taken away on the person's disk. */
const unreadable = (): ApiProblem => new ApiProblem({ status: 422, code: "file_unreadable" });

const isGone = (error: unknown): boolean => isProblem(error) && error.status === 404;

/** A broken line, an instance that starts again: trying again may help without anybody doing anything. */
function passes(problem: ApiProblem): boolean {
  if (problem.code === "upload_offset") return true;
  // No room on the disk is for people to solve.
  return problem.temporary && problem.status !== 507;
}

/**
 * The files of messages that are being written, on their way to the home instance. They go in pieces; after a broken
 * line or a reload of the page the instance is asked how far it got, and they go on from there.
 */
export class Uploads {
  private readonly entries = new Map<string, Entry>();
  private readonly contents = new Map<string, Blob>();
  private readonly waiting = new Set<() => void>();
  private stopped = false;

  constructor(private readonly deps: UploadsDeps) {}

  /** Takes up what was left from before a reload. */
  async restore(): Promise<void> {
    const all = await this.deps.keep.all().catch(() => []);
    for (const kept of all.sort((a, b) => a.addedAt - b.addedAt)) {
      if (this.stopped || this.entries.has(kept.id)) continue;
      const content = kept.cancelled ? undefined : await this.deps.keep.content(kept.id).catch(() => undefined);
      if (!kept.cancelled && (!content || kept.addedAt < this.deps.now() - KEEP_MS)) {
        void this.quietly(this.deps.keep.drop(kept.id));
        continue;
      }
      // Finished ones are asked for too: the instance keeps them for a day.
      if (content) this.put(kept, content);
    }
    this.kick();
  }

  /** Takes files in; returns how many did not fit. */
  add(sid: string, channel: string, files: readonly File[], limits: UploadLimits): number {
    const key = channelKey(sid, channel);
    const room = Math.max(0, limits.count - this.of(key).length);
    files.slice(0, room).forEach((file, index) => {
      const kept: KeptFile = {
        id: this.deps.nonce(),
        sid,
        channel,
        name: file.name,
        type: file.type,
        size: file.size,
        addedAt: this.deps.now() + index / 1000,
        upload: null,
        chunk: 0,
        alt: "",
        spoiler: false,
        cancelled: false,
      };
      const entry = this.put(kept, file);
      if (file.size > limits.bytes) {
        const problem = new ApiProblem({ status: 413, code: "too_large" });
        this.show(entry, { state: "failed", problem });
        return;
      }
      void this.quietly(this.deps.keep.put(kept, file));
    });
    this.pump();
    return files.length - Math.min(files.length, room);
  }

  /** Changes what is said about a file. */
  describe(id: string, part: { alt?: string; spoiler?: boolean }): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.note(entry, part);
    this.show(entry, part);
  }

  /** Tries a file that failed again; it goes on where it stands. */
  retry(id: string): void {
    const entry = this.entries.get(id);
    if (!entry || entry.item.state !== "failed") return;
    this.show(entry, { state: "uploading", problem: null });
    this.pump();
  }

  /** The person gives a file up: here, in what is kept, and at the instance. */
  remove(id: string): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    this.take(id);
    const { kept } = entry;
    if (kept.upload === null) {
      void this.quietly(this.deps.keep.drop(id));
      return;
    }
    const cancelled: KeptFile = { ...kept, cancelled: true };
    void this.quietly(this.deps.keep.put(cancelled).then(() => this.deps.keep.dropContent(id))).then(() =>
      this.tell(cancelled),
    );
  }

  /** A message has these files: nothing of them is needed here any more. */
  handOver(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.take(id)) void this.quietly(this.deps.keep.drop(id));
    }
  }

  /** The connection is back: what waits goes on now. */
  kick(): void {
    for (const wake of [...this.waiting]) wake();
    this.pump();
    void this.deps.keep.all().then(
      (all) => all.filter((kept) => kept.cancelled).forEach((kept) => void this.tell(kept)),
      () => undefined,
    );
  }

  /** Ends all work; what is kept stays. */
  stop(): void {
    this.stopped = true;
    for (const entry of this.entries.values()) {
      entry.task?.abort();
      if (entry.item.preview) URL.revokeObjectURL(entry.item.preview);
    }
    this.entries.clear();
    this.deps.keep.close();
  }

  // ---- what is there

  private of(key: string): Entry[] {
    return [...this.entries.values()].filter((e) => channelKey(e.kept.sid, e.kept.channel) === key);
  }

  private put(kept: KeptFile, content: Blob): Entry {
    const item: UploadItem = {
      id: kept.id,
      name: kept.name,
      size: kept.size,
      preview: kept.type.startsWith("image/") ? URL.createObjectURL(content) : null,
      share: 0,
      state: "uploading",
      problem: null,
      file: null,
      alt: kept.alt,
      spoiler: kept.spoiler,
    };
    const entry: Entry = { kept, item, task: null };
    // The bytes themselves are read piece by piece, from what is kept or from the person's own disk.
    this.contents.set(kept.id, content);
    this.entries.set(kept.id, entry);
    this.changed(entry);
    return entry;
  }

  private take(id: string): boolean {
    const entry = this.entries.get(id);
    if (!entry) return false;
    entry.task?.abort();
    this.entries.delete(id);
    this.contents.delete(id);
    if (entry.item.preview) URL.revokeObjectURL(entry.item.preview);
    this.changed(entry);
    this.pump();
    return true;
  }

  private show(entry: Entry, part: Partial<UploadItem>): void {
    entry.item = { ...entry.item, ...part };
    if (this.entries.has(entry.kept.id)) this.changed(entry);
  }

  private note(entry: Entry, part: Partial<KeptFile>): void {
    entry.kept = { ...entry.kept, ...part };
    void this.quietly(this.deps.keep.put(entry.kept));
  }

  private changed(entry: Entry): void {
    if (this.stopped) return;
    const key = channelKey(entry.kept.sid, entry.kept.channel);
    this.deps.onChange(
      key,
      this.of(key).map((e) => e.item),
    );
  }

  private async quietly(work: Promise<unknown>): Promise<void> {
    // Without storage a reload loses the files; nothing else depends on it.
    await work.catch(() => undefined);
  }

  // ---- the work

  private pump(): void {
    if (this.stopped) return;
    let busy = [...this.entries.values()].filter((e) => e.task).length;
    for (const entry of this.entries.values()) {
      if (busy >= AT_A_TIME) return;
      if (entry.task || entry.item.state !== "uploading") continue;
      busy += 1;
      void this.run(entry);
    }
  }

  private async run(entry: Entry): Promise<void> {
    const task = new AbortController();
    entry.task = task;
    const ended = (): boolean => task.signal.aborted || this.stopped;
    try {
      await this.deps.alone(`conntext-upload-${entry.kept.id}`, task.signal, async () => {
        let anew = 0;
        for (let tries = 0; !ended(); tries += 1) {
          try {
            const file = await this.send(entry, task.signal, () => {
              tries = anew = 0;
              if (entry.item.state === "paused") this.show(entry, { state: "uploading", problem: null });
            });
            if (!ended()) this.show(entry, { file, state: "done", share: 1, problem: null });
            return;
          } catch (error) {
            if (ended()) return;
            const problem = isProblem(error) ? error : unreadable();
            if (isGone(problem) && entry.kept.upload !== null && anew < BEGIN_ANEW) {
              // Another tab gave it up, or it waited for too long.
              if (!(await this.deps.keep.has(entry.kept.id).catch(() => true))) {
                this.take(entry.kept.id);
                return;
              }
              anew += 1;
              this.note(entry, { upload: null });
              continue;
            }
            if (!passes(problem)) {
              this.show(entry, { state: "failed", problem });
              return;
            }
            this.show(entry, { state: "paused", problem });
            await this.rest(Math.max(problem.retryAfterMs ?? 0, backoff(tries, this.deps.random())), task.signal);
          }
        }
      });
    } catch {
      // Only an ended wait for the other tab comes here.
    } finally {
      entry.task = null;
      this.pump();
    }
  }

  /** Brings all bytes that are missing. `onBytes`: some arrived. */
  private async send(entry: Entry, signal: AbortSignal, onBytes: () => void): Promise<Upload> {
    const { id, size, sid, channel, name } = entry.kept;
    const content = this.contents.get(id) ?? new Blob();
    const piece = async (from: number, to: number) => ({
      bytes: await content.slice(from, to).arrayBuffer(),
      signal,
      // What was lost with a line is not shown as a step back.
      onSent: (sent: number) => this.progress(entry, (from + sent) / size),
    });
    let offset: number;
    if (entry.kept.upload === null) {
      const first = await piece(0, size <= ONE_REQUEST ? size : 0);
      const step = await this.deps.line.begin({ sid, channel, name, size }, first);
      if (isWhole(step)) return step;
      this.note(entry, { upload: step.upload, chunk: step.chunk_bytes });
      offset = step.offset;
    } else {
      const stands = await this.deps.line.stands(entry.kept.upload, signal);
      offset = stands.complete ? size : stands.offset;
    }
    onBytes();
    this.progress(entry, offset / size);
    for (;;) {
      const upload = entry.kept.upload;
      if (upload === null) throw new ApiProblem({ status: 404, code: "not_found" });
      const to = Math.min(size, offset + Math.max(1, entry.kept.chunk));
      const step: UploadStep = await this.deps.line.goOn(upload, offset, await piece(offset, to));
      if (isWhole(step)) return step;
      offset = step.offset;
      onBytes();
    }
  }

  private progress(entry: Entry, share: number): void {
    if (share > entry.item.share) this.show(entry, { share: Math.min(1, share) });
  }

  /** Waits, but not when the connection is known to be back. */
  private rest(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.waiting.add(wake);
      signal.addEventListener("abort", wake);
    });
  }

  /** Tells the instance that a file was given up; if it cannot be told now, then with the next connection. */
  private async tell(kept: KeptFile): Promise<void> {
    if (kept.upload === null || this.stopped) return;
    try {
      await this.deps.cancel(kept.upload);
    } catch (error) {
      if (isProblem(error) && error.temporary) return;
    }
    await this.quietly(this.deps.keep.drop(kept.id));
  }
}

async function alone(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  // Only on secure pages; elsewhere the instance refuses the second writer.
  if ("locks" in navigator) await navigator.locks.request(name, { signal }, work);
  else await work();
}

/** The uploads of an account in this browser, going on where they were. */
export async function openUploads(
  account: string,
  deps: Pick<UploadsDeps, "cancel" | "onChange" | "now" | "random" | "nonce">,
): Promise<Uploads> {
  const uploads = new Uploads({ ...deps, keep: await openFiles(account), line: uploadLine, alone });
  void uploads.restore();
  return uploads;
}
