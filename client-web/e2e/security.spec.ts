import { createHmac } from "node:crypto";
import { accessible, expect, Instance, PASSWORD, register, setUp, test } from "./kit";

/** Long enough to set all up, and short enough to wait for. */
const PROOF_S = 25;

/** The code of an authenticator app for a time (RFC 6238, RFC 4226), milliseconds. */
function codeAt(key: string, time: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key.replaceAll(" ", "")].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(time / 30_000)));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

test("A3: two steps to sign in: set up, asked for, a recovery code in place of a lost phone, removed", async ({ browser }) => {
  const home = await Instance.create("guarded", { CONNTEXT__SESSIONS__PROOF_S: String(PROOF_S) });
  try {
    const ada = await register(browser, home, "guarded");
    const signedIn = Date.now();
    await ada.go("/settings/security");
    await ada.page.getByRole("button", { name: "Set up an authenticator app" }).click();
    const key = await ada.page.getByLabel("Or type this key into the app").inputValue();
    await expect(ada.page.getByRole("img", { name: /QR code/ })).toBeVisible();
    await accessible(ada.page);
    await ada.page.getByLabel("Code that the app shows").fill(codeAt(key, Date.now()));
    await ada.page.getByRole("button", { name: "Switch on" }).click();
    const shown = ada.page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
    await expect(shown).toHaveCount(10);
    const codes = await shown.allTextContents();
    await ada.page.getByRole("button", { name: "I have kept them" }).click();
    await expect(ada.page.getByText("10 recovery codes are left.")).toBeVisible();

    const other = await (await browser.newContext()).newPage();
    const firstStep = async () => {
      await other.goto(`${home.url}/sign-in`);
      await other.getByLabel("Name", { exact: true }).fill("guarded");
      await other.locator("input[name=password]").fill(PASSWORD);
      await other.getByRole("button", { name: "Sign in" }).click();
      await expect(other.getByRole("heading", { name: "One more step" })).toBeVisible();
    };
    await firstStep();
    await accessible(other);
    await other.getByRole("textbox", { name: "Code" }).fill("000000");
    await expect(other.getByText("This code is wrong or was used before.")).toBeVisible();
    // The code of now was used up; the next one counts already.
    await other.getByRole("textbox", { name: "Code" }).fill(codeAt(key, Date.now() + 30_000));
    await expect(other.getByRole("heading", { name: "Hello, guarded" })).toBeVisible();

    await other.context().clearCookies();
    await firstStep();
    await other.getByRole("button", { name: "Use a recovery code instead" }).click();
    await other.getByLabel("Recovery code").fill((codes[0] ?? "").toUpperCase());
    await other.getByRole("button", { name: "Sign in" }).click();
    await expect(other.getByRole("heading", { name: "Hello, guarded" })).toBeVisible();

    // Some seconds later it is asked for once more who is there.
    await ada.page.waitForTimeout(Math.max(0, signedIn + 1000 * PROOF_S + 100 - Date.now()));
    await ada.page.reload();
    await expect(ada.page.getByText("9 recovery codes are left.")).toBeVisible();
    await ada.page.getByRole("button", { name: "Remove the app" }).click();
    await ada.page.getByRole("alertdialog").getByRole("button", { name: "Remove the app" }).click();
    await ada.page.getByLabel("Your password").fill(PASSWORD);
    await ada.page.getByRole("textbox", { name: "Code" }).fill(codes[1] ?? "");
    await ada.page.getByRole("button", { name: "Go on" }).click();
    await expect(ada.page.getByRole("button", { name: "Set up an authenticator app" })).toBeVisible();
    await other.context().clearCookies();
    await other.goto(`${home.url}/sign-in`);
    await other.getByLabel("Name", { exact: true }).fill("guarded");
    await other.locator("input[name=password]").fill(PASSWORD);
    await other.getByRole("button", { name: "Sign in" }).click();
    await expect(other.getByRole("heading", { name: "Hello, guarded" })).toBeVisible();
  } finally {
    await home.remove();
  }
});

test("A3: passkeys: added, sign in by themselves, prove who is there, renamed, removed", async ({ browser }) => {
  const home = await Instance.create("keys", { CONNTEXT__SESSIONS__PROOF_S: String(PROOF_S) });
  try {
    const ada = await register(browser, home, "keys");
    const signedIn = Date.now();
    const page = ada.page;
    const device = await page.context().newCDPSession(page);
    await device.send("WebAuthn.enable");
    const { authenticatorId } = await device.send("WebAuthn.addVirtualAuthenticator", {
      options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    });

    await ada.go("/settings/security");
    const add = async (name: string) => {
      await page.getByRole("button", { name: "Add a passkey" }).click();
      await page.getByLabel("Name of the passkey").fill(name);
      await page.getByRole("button", { name: "Go on" }).click();
    };
    await add("Laptop");
    const shown = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
    await expect(shown).toHaveCount(10);
    const codes = await shown.allTextContents();
    await page.getByRole("button", { name: "I have kept them" }).click();
    const list = page.getByRole("list", { name: "Passkeys" });
    await expect(list.getByText("Laptop")).toBeVisible();
    await expect(list.getByText("not used yet")).toBeVisible();
    await accessible(page);
    // The same device again: it says so, and nothing is lost.
    await add("Laptop again");
    await expect(page.getByText("This device has a passkey for you already.")).toBeVisible();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(list.getByRole("listitem")).toHaveCount(1);

    // Alone, without a name; then after the password.
    const at = async () => {
      await page.context().clearCookies();
      await ada.go("/sign-in");
    };
    await at();
    await accessible(page);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page.getByRole("heading", { name: "Hello, keys" })).toBeVisible();
    await at();
    await page.getByLabel("Name", { exact: true }).fill("keys");
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "One more step" })).toBeVisible();
    await accessible(page);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page.getByRole("heading", { name: "Hello, keys" })).toBeVisible();
    // Whoever does not unlock their device stays where they are; a recovery code helps.
    await at();
    await device.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await page.getByLabel("Name", { exact: true }).fill("keys");
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Recovery code").fill(codes[0] ?? "");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Hello, keys" })).toBeVisible();
    await device.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });

    const since = Date.now();
    await ada.go("/settings/security");
    await page.getByRole("button", { name: "Rename Laptop" }).click();
    await page.getByLabel("Name of the passkey").fill("The old laptop");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(list.getByText("The old laptop")).toBeVisible();
    await expect(list.getByText(/last used/)).toBeVisible();
    // Some seconds later it is asked for once more who is there.
    await page.waitForTimeout(Math.max(0, Math.max(since, signedIn) + 1000 * PROOF_S + 100 - Date.now()));
    await page.getByRole("button", { name: "Remove The old laptop" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Remove the passkey" }).click();
    await expect(page.getByRole("heading", { name: "Is it you?" })).toBeVisible();
    await page.getByRole("dialog").getByRole("button", { name: "Use a passkey" }).click();
    await expect(list).toHaveCount(0);
    await at();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page.getByText("This passkey does not work here.")).toBeVisible();
    await page.getByLabel("Name", { exact: true }).fill("keys");
    await page.locator("input[name=password]").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Hello, keys" })).toBeVisible();
  } finally {
    await home.remove();
  }
});

test("A1: where an admin decides, somebody asks, the admin is told at once and lets them in", async ({ browser }) => {
  const home = await Instance.create("choosy", { CONNTEXT__ACCOUNTS__REGISTRATION: "approval" });
  try {
    const admin = await setUp(browser, home, "boss");
    const page = await (await browser.newContext()).newPage();
    const ask = async (handle: string, reason: string) => {
      await page.goto(`${home.url}/sign-up`);
      await page.getByLabel("Name", { exact: true }).fill(handle);
      await page.locator("input[name=password]").fill(PASSWORD);
      await page.getByLabel("Who are you?").fill(reason);
      await page.getByRole("button", { name: "Ask for an account" }).click();
      await expect(page.getByRole("heading", { name: "You are on the list" })).toBeVisible();
    };
    const signIn = async () => {
      await page.goto(`${home.url}/sign-in`);
      await page.getByLabel("Name", { exact: true }).fill("eve");
      await page.locator("input[name=password]").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
    };
    await ask("eve", "I sing the alto in your choir.");
    await accessible(page);
    await ask("spam", "Buy now");
    await signIn();
    await expect(page.getByText("You are not let in yet.")).toBeVisible();

    const notice = admin.page.getByRole("region", { name: "Notices" });
    await expect(notice.getByText("2 people ask for an account here.")).toBeVisible();
    await notice.getByRole("button", { name: "Look" }).click();
    await expect(admin.page.getByText("I sing the alto in your choir.")).toBeVisible();
    await expect(notice).toHaveCount(0);
    await accessible(admin.page);
    await admin.page.getByRole("button", { name: "Turn down spam" }).click();
    await admin.page.getByRole("alertdialog").getByRole("button", { name: "Turn down" }).click();
    await expect(admin.page.getByText("Buy now")).toHaveCount(0);
    await admin.page.getByRole("button", { name: "Let in eve" }).click();
    await expect(admin.page.getByText("Nobody is waiting")).toBeVisible();
    await signIn();
    await expect(page.getByRole("heading", { name: "Hello, eve" })).toBeVisible();
  } finally {
    await home.remove();
  }
});

test("A2: a session goes on past its tokens, and ends for both where they were copied", async ({ browser }) => {
  const home = await Instance.create("renewed", { CONNTEXT__SESSIONS__ACCESS_S: "4", CONNTEXT__SESSIONS__REUSE_GRACE_S: "1" });
  try {
    const ada = await register(browser, home, "renewed");
    await ada.page.waitForTimeout(5000);
    await ada.go("/settings/profile");
    await ada.page.getByRole("textbox", { name: "Pronouns" }).fill("she/her");
    await ada.page.waitForTimeout(5000);
    await ada.page.getByRole("button", { name: "Save" }).click();
    await expect(ada.page.getByRole("button", { name: "Save" })).toBeHidden();

    const copied = await ada.page.context().cookies(`${home.url}/api/v1/sessions/refresh`);
    expect(copied.map((cookie) => [cookie.name, cookie.httpOnly]).sort()).toEqual([
      ["__Host-ct", true],
      ["__Secure-ct-refresh", true],
    ]);
    // She goes on, and then somebody comes with the copy.
    await ada.page.waitForTimeout(5000);
    await ada.go("/settings/security");
    await expect(ada.page.getByRole("heading", { name: "Passkeys" })).toBeVisible();
    await ada.page.waitForTimeout(3000);
    const thief = await browser.newContext();
    await thief.addCookies(copied);
    const page = await thief.newPage();
    await page.goto(`${home.url}/about`);
    const refused = await page.evaluate(async () => {
      const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
      return (await (await fetch("/api/v1/sessions/refresh", init)).json()) as { code?: string };
    });
    expect(refused.code).toBe("token_reused");
    await expect(ada.page.getByRole("heading", { name: "Welcome back" })).toBeVisible();
    await expect(ada.page.getByText("this sign-in was used from somewhere else as well")).toBeVisible();
    await accessible(ada.page);
    await ada.page.getByLabel("Name", { exact: true }).fill("renewed");
    await ada.page.locator("input[name=password]").fill(PASSWORD);
    await ada.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(ada.page.getByRole("heading", { name: "Passkeys" })).toBeVisible();
  } finally {
    await home.remove();
  }
});
