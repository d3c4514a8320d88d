import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { OutboxItem } from "./state";

/** Text that was begun in a channel and not sent. */
export interface Draft {
  key: string;
  body: string;
  replyTo: OutboxItem["replyTo"];
  changedAt: number;
}

interface Schema extends DBSchema {
  outbox: { key: string; value: OutboxItem };
  drafts: { key: string; value: Draft };
}

/** What this browser keeps for one account: messages not handed over yet, and drafts. */
export interface Keep {
  allOutbox(): Promise<OutboxItem[]>;
  putOutbox(item: OutboxItem): Promise<void>;
  dropOutbox(nonce: string): Promise<void>;
  allDrafts(): Promise<Draft[]>;
  putDraft(draft: Draft): Promise<void>;
  dropDraft(key: string): Promise<void>;
  close(): void;
}

/** Files have a database of their own: it is opened, and its code loaded, only when there are any. */
export const filesDatabaseName = (account: string): string => `conntext-files-${account}`;

const databaseName = (account: string): string => `conntext-${account}`;

class DatabaseKeep implements Keep {
  constructor(private readonly db: IDBPDatabase<Schema>) {}

  async allOutbox(): Promise<OutboxItem[]> {
    const items = await this.db.getAll("outbox");
    return items.sort((a, b) => a.createdAt - b.createdAt || a.nonce.localeCompare(b.nonce));
  }
  async putOutbox(item: OutboxItem): Promise<void> {
    await this.db.put("outbox", item);
  }
  async dropOutbox(nonce: string): Promise<void> {
    await this.db.delete("outbox", nonce);
  }
  allDrafts(): Promise<Draft[]> {
    return this.db.getAll("drafts");
  }
  async putDraft(draft: Draft): Promise<void> {
    await this.db.put("drafts", draft);
  }
  async dropDraft(key: string): Promise<void> {
    await this.db.delete("drafts", key);
  }
  close(): void {
    this.db.close();
  }
}

/** Keeps in memory only: for browsers that refuse storage, such as some private windows. */
export class MemoryKeep implements Keep {
  private readonly outbox = new Map<string, OutboxItem>();
  private readonly drafts = new Map<string, Draft>();

  allOutbox(): Promise<OutboxItem[]> {
    return Promise.resolve([...this.outbox.values()].sort((a, b) => a.createdAt - b.createdAt));
  }
  putOutbox(item: OutboxItem): Promise<void> {
    this.outbox.set(item.nonce, item);
    return Promise.resolve();
  }
  dropOutbox(nonce: string): Promise<void> {
    this.outbox.delete(nonce);
    return Promise.resolve();
  }
  allDrafts(): Promise<Draft[]> {
    return Promise.resolve([...this.drafts.values()]);
  }
  putDraft(draft: Draft): Promise<void> {
    this.drafts.set(draft.key, draft);
    return Promise.resolve();
  }
  dropDraft(key: string): Promise<void> {
    this.drafts.delete(key);
    return Promise.resolve();
  }
  close(): void {
    this.outbox.clear();
  }
}

export async function openKeep(account: string): Promise<Keep> {
  try {
    const db = await openDB<Schema>(databaseName(account), 1, {
      upgrade(db) {
        db.createObjectStore("outbox", { keyPath: "nonce" });
        db.createObjectStore("drafts", { keyPath: "key" });
      },
    });
    return new DatabaseKeep(db);
  } catch {
    return new MemoryKeep();
  }
}

/** Forgets everything of an account in this browser; after signing out. */
export async function eraseKeep(account: string): Promise<void> {
  try {
    await Promise.all([deleteDB(databaseName(account)), deleteDB(filesDatabaseName(account))]);
  } catch {
    // Without storage there is nothing to forget.
  }
}
