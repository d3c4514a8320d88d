import type { ClientFrame, Presence, ServerFrame } from "@kit/api";
import { isProblem } from "@kit/api";

/** The parts of a WebSocket that the gateway uses. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: unknown) => void) | null;
}

export interface GatewayDeps {
  ticket(): Promise<string>;
  connect(): Socket;
  /** Whether the instance answers at all; asked often while it does not, so it must cost little. */
  probe(): Promise<boolean>;
  /** The last sequence number seen, by server; sent when identifying. */
  cursors(): Record<string, number>;
  /** The epoch that each of them belongs to. */
  epochs(): Record<string, number>;
  onFrame(frame: ServerFrame): void;
  onState(state: "connecting" | "online" | "offline"): void;
  /** The session is over: the person must sign in again. */
  onSignedOut(): void;
  now(): number;
  /** 0 to 1, for the jitter of the waiting time. */
  random(): number;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** While the next try is further away than this, the instance is asked this often whether it is back. */
export const PROBE_MS = 2000;
/** Questions of one outage, so that a place that is gone for long is left in peace. */
const MOST_PROBES = 150;
/** Beats that may stay unanswered before the line counts as dead. */
const MISSED_BEATS = 2;
/** No "ready" within this time: try again. */
const READY_TIMEOUT_MS = 15_000;

/** How long to wait before the given try (0 = first): doubles, capped, with half of it random so that clients spread. */
export function backoff(attempt: number, random: number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempt, 10));
  return full / 2 + (full / 2) * random;
}

/** Keeps one line to the gateway open: ticket, identify, heartbeat, resume, retry. */
export class Gateway {
  private readonly deps: GatewayDeps;
  private socket: Socket | null = null;
  private running = false;
  private attempt = 0;
  private generation = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private probeTimer: ReturnType<typeof setTimeout> | undefined;
  private probes = 0;
  private beatTimer: ReturnType<typeof setInterval> | undefined;
  private readyTimer: ReturnType<typeof setTimeout> | undefined;
  private beat = 0;
  private answered = 0;
  private identified = false;
  private watched: { sid: string | null; channel: string | null } = { sid: null, channel: null };
  private presence: Presence = "online";

  constructor(deps: GatewayDeps) {
    this.deps = deps;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.attempt = 0;
    void this.open();
  }

  stop(): void {
    this.running = false;
    this.drop();
    this.rest();
  }

  /** The network or the page came back: do not wait for the next try. */
  wake(): void {
    if (!this.running) return;
    if (this.identified) {
      this.sendBeat();
      return;
    }
    this.attempt = 0;
    this.probes = 0;
    void this.open();
  }

  /** The network is gone: the line is dead even if the socket does not know yet. */
  lost(): void {
    if (!this.running) return;
    this.drop();
    this.retry();
  }

  watch(sid: string | null, channel: string | null): void {
    this.watched = { sid, channel };
    this.send({ op: "watch", sid, channel });
  }

  setPresence(status: Presence): void {
    if (status === this.presence) return;
    this.presence = status;
    this.send({ op: "presence", status });
  }

  private send(frame: ClientFrame): void {
    if (this.identified) this.socket?.send(JSON.stringify(frame));
  }

  private async open(): Promise<void> {
    this.drop();
    this.rest();
    const generation = this.generation;
    this.deps.onState("connecting");
    let ticket: string;
    try {
      ticket = await this.deps.ticket();
    } catch (error) {
      if (generation !== this.generation || !this.running) return;
      if (isProblem(error) && error.status === 401) {
        this.running = false;
        this.deps.onSignedOut();
      } else {
        this.retry();
      }
      return;
    }
    if (generation !== this.generation || !this.running) return;
    const socket = this.deps.connect();
    this.socket = socket;
    const mine = (): boolean => generation === this.generation;
    this.readyTimer = setTimeout(() => {
      if (!mine()) return;
      this.drop();
      this.retry();
    }, READY_TIMEOUT_MS);
    socket.onopen = () => {
      if (!mine()) return;
      const frame: ClientFrame = { op: "identify", ticket, cursors: this.deps.cursors(), epochs: this.deps.epochs() };
      socket.send(JSON.stringify(frame));
    };
    socket.onmessage = (event) => {
      if (mine() && typeof event.data === "string") this.receive(event.data);
    };
    socket.onclose = () => {
      if (!mine()) return;
      this.drop();
      this.retry();
    };
  }

  private receive(text: string): void {
    let frame: ServerFrame;
    try {
      frame = JSON.parse(text) as ServerFrame;
    } catch {
      // Not ours to guess: start over with a clean line.
      this.drop();
      this.retry();
      return;
    }
    this.answered = this.beat;
    switch (frame.op) {
      case "hello":
        clearInterval(this.beatTimer);
        this.beatTimer = setInterval(() => this.sendBeat(), Math.max(1000, frame.heartbeat_ms));
        break;
      case "ready":
        clearTimeout(this.readyTimer);
        this.identified = true;
        this.attempt = 0;
        this.probes = 0;
        this.deps.onFrame(frame);
        this.deps.onState("online");
        if (this.watched.sid !== null) this.send({ op: "watch", ...this.watched });
        if (this.presence !== "online") this.send({ op: "presence", status: this.presence });
        break;
      case "close":
        // Also after "signed_out": a ticket may have been too old. Asking for the next one tells for certain.
        this.drop();
        this.retry();
        break;
      case "pong":
        break;
      default:
        this.deps.onFrame(frame);
    }
  }

  private sendBeat(): void {
    if (this.beat - this.answered >= MISSED_BEATS) {
      this.drop();
      this.retry();
      return;
    }
    this.beat += 1;
    this.socket?.send(JSON.stringify({ op: "ping", n: this.beat } satisfies ClientFrame));
  }

  private drop(): void {
    this.generation += 1;
    clearInterval(this.beatTimer);
    clearTimeout(this.readyTimer);
    this.identified = false;
    this.beat = 0;
    this.answered = 0;
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private retry(): void {
    if (!this.running) return;
    this.deps.onState("offline");
    this.rest();
    const wait = backoff(this.attempt, this.deps.random());
    this.retryTimer = setTimeout(() => void this.open(), wait);
    this.attempt += 1;
    if (wait > PROBE_MS) this.probe();
  }

  /** An instance that starts again is found soon after it is ready, however long it took. */
  private probe(): void {
    if (this.probes >= MOST_PROBES) return;
    const generation = this.generation;
    const waits = (): boolean => this.running && generation === this.generation;
    this.probeTimer = setTimeout(
      () => {
        this.probes += 1;
        this.deps
          .probe()
          .catch(() => false)
          .then((answers) => {
            if (!waits()) return;
            if (!answers) {
              this.probe();
              return;
            }
            // It answers: from here on the tries themselves tell, and they wait longer each time.
            this.probes = MOST_PROBES;
            void this.open();
          });
      },
      PROBE_MS * (0.75 + this.deps.random() / 4),
    );
  }

  /** No try and no question is on its way any more. */
  private rest(): void {
    clearTimeout(this.retryTimer);
    clearTimeout(this.probeTimer);
  }
}
