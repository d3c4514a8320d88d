import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type Configuration } from "oidc-provider";

/** Somebody with an account at the provider, by the name that they type there. */
export interface Someone {
  name: string;
  preferred_username: string;
  email: string;
  email_verified: boolean;
  groups: string[];
}

/** A real provider of sign-ins on this machine, with its own pages for signing in and agreeing; any password is right. */
export class SignInProvider {
  private server: Server | null = null;

  private constructor(readonly issuer: string) {}

  static async create(): Promise<SignInProvider> {
    // The port is known before the instance is started, which is known before the provider serves it.
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    return new SignInProvider(`http://localhost:${String(port)}`);
  }

  /** What an instance is told of it, as a setting. */
  setting(more = ""): string {
    return `[{id="corp",name="Corp",issuer="${this.issuer}",client_id="conntext",client_secret="a-secret-of-the-stories",scopes=["profile","email","groups"]${more}}]`;
  }

  /** Serves an instance. */
  async serve(instance: string, people: Record<string, Someone>): Promise<void> {
    const configuration: Configuration = {
      clients: [{ client_id: "conntext", client_secret: "a-secret-of-the-stories", redirect_uris: [`${instance}/api/v1/oidc/callback`] }],
      claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email", "email_verified"], groups: ["groups"] },
      scopes: ["openid", "profile", "email", "groups"],
      findAccount: (_, id) => {
        const person = people[id];
        return person ? { accountId: id, claims: () => ({ sub: id, ...person }) } : undefined;
      },
      cookies: { keys: ["stories"] },
    };
    const provider = new Provider(this.issuer, configuration);
    this.server = createServer(provider.callback());
    await new Promise<void>((resolve) => this.server?.listen(Number(new URL(this.issuer).port), "127.0.0.1", resolve));
  }

  async remove(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(undefined)));
  }
}
