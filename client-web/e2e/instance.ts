import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const START_MS = 30_000;
const STOP_MS = 10_000;

function program(): string {
  const path = process.env.CONNTEXT_BIN;
  if (!path) throw new Error("CONNTEXT_BIN must name the conntext program to test");
  return path;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** How an instance is started and where it is then. */
interface Place {
  readonly domain: string;
  readonly url: string;
  /** The address that answers when it is ready. */
  readonly ready: string;
  readonly data: string;
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Its data goes with the story. */
  readonly ours: boolean;
}

/** Instances that install.sh set up, by name, when they are the ones to be tested (scripts/test-pair.sh). */
function installed(name: string): Place | null {
  if (!process.env.CONNTEXT_INSTALLED) return null;
  const all = JSON.parse(process.env.CONNTEXT_INSTALLED) as Record<
    string,
    Pick<Place, "domain" | "url" | "ready" | "data"> & { serve: string }
  >;
  const there = all[name];
  if (!there) throw new Error(`no instance ${name} is installed`);
  return { ...there, command: ["sh", there.serve], env: process.env, ours: false };
}

/** An instance of the program as built, on a free port. `name` is the first part of the domain: cookies ignore ports,
 * so each instance needs a host name of its own. */
async function built(name: string, settings: Record<string, string>): Promise<Place> {
  const port = await freePort();
  const domain = `${name}.localhost:${port}`;
  const listen = `127.0.0.1:${port}`;
  const data = await mkdtemp(join(tmpdir(), `conntext-${name}-`));
  const env = {
    ...process.env,
    CONNTEXT__INSTANCE__DOMAIN: domain,
    CONNTEXT__HTTP__LISTEN: listen,
    CONNTEXT__STORAGE__DATA_DIR: data,
    CONNTEXT__FEDERATION__DEV_INSECURE: "true",
    CONNTEXT__FEDERATION__NEW_PEER_HOURS: "0",
    CONNTEXT__FEDERATION__ACTOR_BURST: "5000",
    CONNTEXT__FEDERATION__ACTOR_PER_S: "1000",
    CONNTEXT__ACCOUNTS__REGISTRATION: "open",
    // Of the stories about mail each has an instance with what is usual.
    CONNTEXT__ACCOUNTS__WORK_BITS: "8",
    CONNTEXT__LIMITS__REGISTER_BURST: "100",
    CONNTEXT__LIMITS__SIGN_IN_BURST: "100",
    CONNTEXT__LIMITS__API_BURST: "5000",
    CONNTEXT__LIMITS__API_PER_S: "1000",
    CONNTEXT__LIMITS__MESSAGE_BURST: "5000",
    CONNTEXT__LIMITS__MESSAGE_PER_S: "1000",
    ...settings,
  };
  const url = `http://${domain}`;
  return { domain, url, ready: `http://${listen}/readyz`, data, command: [program(), "serve"], env, ours: true };
}

/** One running instance with a data folder of its own. */
export class Instance {
  private process: ChildProcess | null = null;
  private output = "";

  private constructor(private place: Place) {}

  get domain(): string {
    return this.place.domain;
  }

  get url(): string {
    return this.place.url;
  }

  /** `settings` are environment variables of the configuration, for one that is built as the story needs it. */
  static async create(name: string, settings?: Record<string, string>): Promise<Instance> {
    const place = settings ? null : installed(name);
    const instance = new Instance(place ?? (await built(name, settings ?? {})));
    await instance.start();
    return instance;
  }

  /** Runs one of the program's commands on this instance's data; answers what it prints. */
  async command(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(program(), args, { env: this.place.env });
    return stdout.trim();
  }

  /** Gives it another domain, as its operator does, on the same port. */
  async goTo(name: string): Promise<void> {
    await this.stop();
    const domain = `${name}.localhost:${new URL(this.url).port}`;
    const env = { ...this.place.env, CONNTEXT__INSTANCE__DOMAIN: domain };
    this.place = { ...this.place, domain, url: `http://${domain}`, env };
    await this.command("domain", "change", "--yes");
    await this.start();
  }

  async start(): Promise<void> {
    const { command, env, ready } = this.place;
    const child = spawn(command[0]!, command.slice(1), { env, stdio: ["ignore", "pipe", "pipe"] });
    this.process = child;
    const note = (chunk: Buffer): void => {
      this.output = (this.output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on("data", note);
    child.stderr.on("data", note);
    const end = Date.now() + START_MS;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`${this.domain} ended at once:\n${this.output}`);
      const answer = await fetch(ready).catch(() => null);
      if (answer?.ok) return;
      if (Date.now() > end) throw new Error(`${this.domain} does not get ready:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Ends the process: politely, or at once like a power cut. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.process;
    this.process = null;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(late);
  }

  async remove(): Promise<void> {
    await this.stop("SIGKILL");
    if (this.place.ours) await rm(this.place.data, { recursive: true, force: true });
  }

  /** The one-time address that makes the administrator. */
  async setupUrl(): Promise<string> {
    return (await readFile(join(this.place.data, "setup-url"), "utf8")).trim();
  }

  /** What it printed last, for failures. */
  log(): string {
    return this.output;
  }
}
