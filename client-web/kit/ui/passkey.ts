import { api } from "@kit/api";

/** Why a browser gave no passkey. */
export class PasskeyError extends Error {
  constructor(readonly reason: "none" | "known" | "elsewhere" | "failed", cause: unknown) {
    super(reason, { cause });
  }
}

/** Whether this browser can make and use passkeys in the form that the server speaks. */
export function passkeysSupported(): boolean {
  return typeof PublicKeyCredential !== "undefined" && "parseCreationOptionsFromJSON" in PublicKeyCredential;
}

/** Has the browser make a passkey. */
export function createPasskey(options: unknown): Promise<PublicKeyCredentialJSON> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
  return answer(() => navigator.credentials.create({ publicKey }));
}

/** Has the person choose a passkey and sign with it. */
export async function askPasskey(): Promise<PublicKeyCredentialJSON> {
  const options = (await api.sessions.passkeyOptions()) as PublicKeyCredentialRequestOptionsJSON;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return answer(() => navigator.credentials.get({ publicKey }));
}

/** By the names of the browser's errors. "Not allowed" is all that it says of cancelling, of waiting too long, and of more. */
const reasons: Record<string, PasskeyError["reason"]> = { NotAllowedError: "none", AbortError: "none", InvalidStateError: "known", SecurityError: "elsewhere" };

async function answer(ask: () => Promise<Credential | null>): Promise<PublicKeyCredentialJSON> {
  try {
    const credential = (await ask()) as PublicKeyCredential | null;
    return credential?.toJSON() as PublicKeyCredentialJSON;
  } catch (error) {
    throw new PasskeyError((error instanceof DOMException ? reasons[error.name] : undefined) ?? "failed", error);
  }
}
