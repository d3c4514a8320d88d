import { createServer, type Server } from "node:net";

export interface Letter {
  to: string;
  text: string;
}

/** A mail server that keeps what it gets. */
export class Mailbox {
  private readonly letters: Letter[] = [];

  private constructor(
    private readonly server: Server,
    /** Has an instance send its mail here. */
    readonly settings: Record<string, string>,
  ) {}

  static async open(): Promise<Mailbox> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const at = server.address();
    const port = at && typeof at === "object" ? at.port : 0;
    const box = new Mailbox(server, {
      CONNTEXT__MAIL__SERVER: "127.0.0.1",
      CONNTEXT__MAIL__PORT: String(port),
      CONNTEXT__MAIL__ENCRYPTION: "none",
      CONNTEXT__ACCOUNTS__WORK_BITS: "17",
      CONNTEXT__LIMITS__MAIL_BURST: "50",
    });
    server.on("connection", (socket) => {
      let [rest, to, data] = ["", "", false];
      const say = (line: string) => socket.write(`${line}\r\n`);
      socket.setEncoding("utf8");
      socket.on("error", () => undefined);
      socket.on("data", (chunk: string) => {
        rest += chunk;
        for (;;) {
          const end = rest.indexOf(data ? "\r\n.\r\n" : "\r\n");
          if (end < 0) return;
          const line = rest.slice(0, end);
          rest = rest.slice(end + (data ? 5 : 2));
          if (data) {
            box.letters.push({ to, text: unquoted(line) });
            data = false;
            say("250 kept");
          } else if (line === "DATA") {
            data = true;
            say("354 go on");
          } else if (line === "QUIT") {
            socket.end("221 bye\r\n");
          } else {
            to = /^RCPT TO:<([^>]*)>/.exec(line)?.[1] ?? to;
            say("250 fine");
          }
        }
      });
      say("220 mail.test");
    });
    return box;
  }

  /** The newest letter to a mailbox, as soon as it is there. */
  async letter(to: string, about: RegExp): Promise<Letter> {
    for (let tries = 0; tries < 100; tries += 1) {
      const at = this.letters.findLastIndex((letter) => letter.to === to && about.test(letter.text));
      const letter = this.letters[at];
      if (letter) {
        this.letters.splice(at, 1);
        return letter;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`no letter to ${to}`);
  }

  /** The address of its link. */
  async link(to: string, about: RegExp): Promise<string> {
    const { text } = await this.letter(to, about);
    const link = /https?:\/\/\S+#\S+/.exec(text)?.[0];
    if (!link) throw new Error(`no link in ${text}`);
    return link;
  }

  close(): void {
    this.server.close();
  }
}

/** Quoted-printable (RFC 2045, 6.7), where it is used. */
function unquoted(letter: string): string {
  if (!letter.includes("quoted-printable")) return letter;
  return letter.replaceAll("=\r\n", "").replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
