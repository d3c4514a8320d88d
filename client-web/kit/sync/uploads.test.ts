import { Buffer, File as RealFile } from "node:buffer";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem, type Upload } from "@kit/api";
import type { Piece, UploadLine, UploadTarget } from "@kit/api/upload";
import { eraseKeep } from "./database";
import { MemoryFiles, openFiles, type FileKeep } from "./file-keep";
import type { UploadItem } from "./state";
import { Uploads } from "./uploads";

const KEY = "s_1/c_train";
const LARGE = 1_000_000;
const CHUNK = 300_000;
const LIMITS = { bytes: 10_000_000, count: 3 };
const offline = (): ApiProblem => new ApiProblem({ status: 0, code: "offline" });

/** An instance that takes uploads; its line can break. */
class FakeInstance implements UploadLine {
  readonly held = new Map<string, { target: UploadTarget; bytes: Buffer; offset: number }>();
  readonly cancelled: string[] = [];
  readonly requests: string[] = [];
  up = true;
  /** The line breaks when so many bytes of a file are there. */
  cutAt: number | null = null;
  refuse: ApiProblem | null = null;
  private made = 0;

  begin = async (target: UploadTarget, piece: Piece): ReturnType<UploadLine["begin"]> => {
    this.requests.push(`begin ${target.name}`);
    this.answerable();
    const id = `up_${++this.made}`;
    this.held.set(id, { target, bytes: Buffer.alloc(0), offset: 0 });
    return this.take(id, 0, piece);
  };
  goOn = async (id: string, offset: number, piece: Piece): ReturnType<UploadLine["goOn"]> => {
    this.requests.push(`go on at ${offset}`);
    this.answerable();
    return this.take(id, offset, piece);
  };
  stands = async (id: string): ReturnType<UploadLine["stands"]> => {
    this.requests.push("how far");
    this.answerable();
    const { offset, target } = this.find(id);
    return { offset, complete: offset === target.size };
  };
  cancel = async (id: string): Promise<void> => {
    this.answerable();
    this.find(id);
    this.cancelled.push(id);
    this.held.delete(id);
  };

  private answerable(): void {
    if (this.refuse) throw this.refuse;
    if (!this.up) throw offline();
  }
  private find(id: string) {
    const found = this.held.get(id);
    if (!found) throw new ApiProblem({ status: 404, code: "not_found" });
    return found;
  }
  private take(id: string, offset: number, piece: Piece) {
    const upload = this.find(id);
    if (offset !== upload.offset) throw new ApiProblem({ status: 409, code: "upload_offset" });
    const room = (this.cutAt ?? Infinity) - offset;
    const cut = piece.bytes.byteLength > room;
    const bytes = Buffer.from(cut ? piece.bytes.slice(0, room) : piece.bytes);
    upload.bytes = Buffer.concat([upload.bytes, bytes]);
    upload.offset += bytes.length;
    piece.onSent?.(bytes.length);
    if (cut) {
      this.cutAt = null;
      this.up = false;
      throw offline();
    }
    const { name, size } = upload.target;
    if (upload.offset < size) {
      return { upload: id, offset: upload.offset, size, chunk_bytes: CHUNK, expires_at: 0 };
    }
    const none = { width: null, height: null, thumbhash: null, preview_url: null };
    return { upload: id, id: `m_${id}`, name, type: "text/plain", size, ...none } satisfies Upload;
  }
}

const whole = (bytes: Buffer): boolean => bytes.equals(content(LARGE));
const content = (size: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: size }, (_, i) => (i * i) % 251);
/** jsdom's own files cannot be read in pieces. */
const file = (size = LARGE, name = "talk.txt"): File =>
  new RealFile([content(size)], name, { type: "text/plain" }) as unknown as File;

function start(instance: FakeInstance, keep: FileKeep, part: { nonce?: () => string } = {}) {
  let items: UploadItem[] = [];
  const shares: number[] = [];
  let nonces = 0;
  const uploads = new Uploads({
    keep,
    line: instance,
    cancel: instance.cancel,
    onChange: (key, now) => {
      expect(key).toBe(KEY);
      items = now;
      if (now[0]) shares.push(now[0].share);
    },
    now: () => 1_000_000_000,
    random: () => 0,
    nonce: part.nonce ?? (() => `n${++nonces}`),
    alone: (_name, _signal, work) => work(),
  });
  return {
    uploads,
    items: () => items,
    shares,
    add: (...files: File[]) => uploads.add("s_1", "c_train", files, LIMITS),
  };
}

describe("C3: uploads", () => {
  beforeEach(() => {
    URL.createObjectURL = () => "blob:x";
    URL.revokeObjectURL = () => undefined;
  });
  const until = (what: () => boolean) => vi.waitFor(() => expect(what()).toBe(true), { timeout: 5000, interval: 5 });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

  it("a small file goes in one request, a larger one in pieces, and all bytes arrive", async () => {
    const instance = new FakeInstance();
    const u = start(instance, new MemoryFiles());
    u.add(file(100, "small.txt"));
    await until(() => u.items()[0]?.state === "done");
    expect(instance.requests).toEqual(["begin small.txt"]);
    u.add(file());
    await until(() => u.items()[1]?.state === "done");
    expect(instance.requests.slice(2)).toEqual([0, 300_000, 600_000, 900_000].map((n) => `go on at ${n}`));
    expect(whole(instance.held.get("up_2")!.bytes)).toBe(true);
    expect(u.items()[1]?.file?.upload).toBe("up_2");
  });

  /** A file of which the line broke in the middle. */
  async function broken(keep: FileKeep = new MemoryFiles()) {
    const instance = new FakeInstance();
    const u = start(instance, keep);
    instance.cutAt = 423_456;
    u.add(file());
    await until(() => u.items()[0]?.state === "paused");
    instance.requests.length = 0;
    return { ...u, instance };
  }

  it("after a broken line it waits, asks how far it got, and goes on there", async () => {
    const u = await broken();
    expect(u.items()[0]?.problem?.code).toBe("offline");
    expect(u.items()[0]?.share).toBeCloseTo(0.423, 2);
    u.instance.up = true;
    u.uploads.kick();
    await until(() => u.items()[0]?.state === "done");
    expect(u.instance.requests).toEqual(["how far", "go on at 423456", "go on at 723456"]);
    expect(whole(u.instance.held.get("up_1")!.bytes)).toBe(true);
  });

  it("tries again by itself, says so until a try succeeds, and what is shown never goes back", async () => {
    const u = await broken();
    await until(() => u.instance.requests.length > 0);
    expect(u.items()[0]?.state).toBe("paused");
    u.instance.up = true;
    // Bytes that were on their way did not arrive.
    const held = u.instance.held.get("up_1")!;
    held.offset = 350_000;
    held.bytes = held.bytes.subarray(0, 350_000);
    await until(() => u.items()[0]?.state === "done");
    expect(whole(u.instance.held.get("up_1")!.bytes)).toBe(true);
    expect(u.shares).toEqual([...u.shares].sort((a, b) => a - b));
  });

  it("survives a reload: what was kept is shown again and goes on; sent, nothing of it stays", async () => {
    const before = await broken(await openFiles("u_reload"));
    before.uploads.describe("n1", { alt: "what Mira said" });
    await settle();
    before.uploads.stop();

    const { instance } = before;
    instance.up = true;
    instance.requests.length = 0;
    const keep = await openFiles("u_reload");
    const after = start(instance, keep);
    await after.uploads.restore();
    expect(after.items().map((i) => [i.name, i.alt])).toEqual([["talk.txt", "what Mira said"]]);
    await until(() => after.items()[0]?.state === "done");
    expect(instance.requests.slice(0, 2)).toEqual(["how far", "go on at 423456"]);
    expect(whole(instance.held.get("up_1")!.bytes)).toBe(true);
    after.uploads.handOver(["n1"]);
    expect(after.items()).toEqual([]);
    await vi.waitFor(async () => expect(await keep.all()).toEqual([]));
    expect(await keep.content("n1")).toBeUndefined();
    expect(instance.cancelled).toEqual([]);
    after.uploads.stop();
    await eraseKeep("u_reload");
  });

  it("a finished file is there again after a reload", async () => {
    const instance = new FakeInstance();
    const keep = new MemoryFiles();
    const before = start(instance, keep);
    before.add(file());
    await until(() => before.items()[0]?.state === "done");
    const after = start(instance, keep);
    await after.uploads.restore();
    await until(() => after.items()[0]?.state === "done");
    expect(instance.requests.filter((r) => r.startsWith("begin"))).toHaveLength(1);
  });

  it("one that the instance no longer has begins anew", async () => {
    const u = await broken();
    u.instance.held.clear();
    u.instance.up = true;
    u.uploads.kick();
    await until(() => u.items()[0]?.state === "done");
    expect(u.items()[0]?.file?.upload).toBe("up_2");
  });

  it("one that another tab gave up does not come back", async () => {
    const keep = new MemoryFiles();
    const u = await broken(keep);
    await keep.drop("n1");
    u.instance.held.clear();
    u.instance.up = true;
    u.uploads.kick();
    await until(() => u.items().length === 0);
    expect(u.instance.held.size).toBe(0);
  });

  it("given up, it is cancelled at the instance, without a connection as soon as there is one", async () => {
    const keep = new MemoryFiles();
    const u = await broken(keep);
    u.uploads.remove("n1");
    expect(u.items()).toEqual([]);
    await settle();
    expect(await keep.content("n1")).toBeUndefined();
    // Not even a reload brings it back.
    const after = start(u.instance, keep);
    await after.uploads.restore();
    expect(after.items()).toEqual([]);
    expect(u.instance.cancelled).toEqual([]);
    u.instance.up = true;
    after.uploads.kick();
    await until(() => u.instance.cancelled.length === 1);
    await vi.waitFor(async () => expect(await keep.all()).toEqual([]));
  });

  it("given up while it is being sent, it is cancelled at once", async () => {
    const instance = new FakeInstance();
    const keep = new MemoryFiles();
    const u = start(instance, keep);
    const goOn = instance.goOn;
    instance.goOn = (id, offset, piece) => (offset === 0 ? goOn(id, offset, piece) : new Promise(() => undefined));
    u.add(file());
    await until(() => u.items()[0]!.share > 0.2);
    u.uploads.remove("n1");
    await until(() => instance.cancelled.length === 1);
    await vi.waitFor(async () => expect(await keep.all()).toEqual([]));
  });

  it("a refusal is the person's to decide; a second try goes on where it stands", async () => {
    const u = await broken();
    u.instance.up = true;
    u.instance.refuse = new ApiProblem({ status: 507, code: "storage_full" });
    u.uploads.kick();
    await until(() => u.items()[0]?.state === "failed");
    expect(u.items()[0]?.problem?.code).toBe("storage_full");
    u.instance.refuse = null;
    u.instance.requests.length = 0;
    u.uploads.retry("n1");
    await until(() => u.items()[0]?.state === "done");
    expect(u.instance.requests.slice(0, 2)).toEqual(["how far", "go on at 423456"]);
  });

  it("takes no more files than a message has, none beyond the limit, and sends two at a time", async () => {
    const instance = new FakeInstance();
    const u = start(instance, new MemoryFiles());
    instance.up = false;
    const files = ["a", "b", "c", "d"].map((name) => file(10, name));
    expect(u.add(...files)).toBe(1);
    await until(() => u.items().filter((i) => i.state === "paused").length === 2);
    expect(new Set(instance.requests)).toEqual(new Set(["begin a", "begin b"]));
    instance.up = true;
    u.uploads.kick();
    await until(() => u.items().every((i) => i.state === "done"));

    const other = start(instance, new MemoryFiles());
    other.uploads.add("s_1", "c_train", [file(11)], { bytes: 10, count: 1 });
    expect(other.items()[0]).toMatchObject({ state: "failed", problem: { code: "too_large" } });
  });
});
