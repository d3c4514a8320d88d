import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { filesDatabaseName } from "./database";

/** A file of a message that is being written, as this browser keeps it. */
export interface KeptFile {
  id: string;
  sid: string;
  channel: string;
  name: string;
  type: string;
  size: number;
  /** Milliseconds since 1970; the order in the message too. */
  addedAt: number;
  /** The upload at the instance, once it was begun, and the most that one request may bring. */
  upload: string | null;
  chunk: number;
  alt: string;
  spoiler: boolean;
  /** Given up by the person; the instance could not be told yet. */
  cancelled: boolean;
}

/** Files beside the drafts: they survive a reload of the page. */
export interface FileKeep {
  all(): Promise<KeptFile[]>;
  has(id: string): Promise<boolean>;
  put(file: KeptFile, content?: Blob): Promise<void>;
  content(id: string): Promise<Blob | undefined>;
  dropContent(id: string): Promise<void>;
  drop(id: string): Promise<void>;
  close(): void;
}

interface Schema extends DBSchema {
  files: { key: string; value: KeptFile };
  // Apart, so that a changed description does not write the bytes again.
  contents: { key: string; value: Blob };
}

class DatabaseFiles implements FileKeep {
  constructor(private readonly db: IDBPDatabase<Schema>) {}

  all(): Promise<KeptFile[]> {
    return this.db.getAll("files");
  }
  async has(id: string): Promise<boolean> {
    return (await this.db.getKey("files", id)) !== undefined;
  }
  async put(file: KeptFile, content?: Blob): Promise<void> {
    const tx = this.db.transaction(["files", "contents"], "readwrite");
    await Promise.all([
      tx.objectStore("files").put(file),
      content ? tx.objectStore("contents").put(content, file.id) : undefined,
      tx.done,
    ]);
  }
  content(id: string): Promise<Blob | undefined> {
    return this.db.get("contents", id);
  }
  async dropContent(id: string): Promise<void> {
    await this.db.delete("contents", id);
  }
  async drop(id: string): Promise<void> {
    const tx = this.db.transaction(["files", "contents"], "readwrite");
    await Promise.all([tx.objectStore("files").delete(id), tx.objectStore("contents").delete(id), tx.done]);
  }
  close(): void {
    this.db.close();
  }
}

/** Keeps in memory only: for browsers that refuse storage. */
export class MemoryFiles implements FileKeep {
  private readonly files = new Map<string, KeptFile>();
  private readonly contents = new Map<string, Blob>();

  all(): Promise<KeptFile[]> {
    return Promise.resolve([...this.files.values()]);
  }
  has(id: string): Promise<boolean> {
    return Promise.resolve(this.files.has(id));
  }
  put(file: KeptFile, content?: Blob): Promise<void> {
    this.files.set(file.id, file);
    if (content) this.contents.set(file.id, content);
    return Promise.resolve();
  }
  content(id: string): Promise<Blob | undefined> {
    return Promise.resolve(this.contents.get(id));
  }
  dropContent(id: string): Promise<void> {
    this.contents.delete(id);
    return Promise.resolve();
  }
  drop(id: string): Promise<void> {
    this.files.delete(id);
    this.contents.delete(id);
    return Promise.resolve();
  }
  close(): void {
    this.files.clear();
    this.contents.clear();
  }
}

export async function openFiles(account: string): Promise<FileKeep> {
  try {
    const db = await openDB<Schema>(filesDatabaseName(account), 1, {
      upgrade(db) {
        db.createObjectStore("files", { keyPath: "id" });
        db.createObjectStore("contents");
      },
    });
    return new DatabaseFiles(db);
  } catch {
    return new MemoryFiles();
  }
}
