import { createHmac } from "node:crypto";
import { accessible, expect, Instance, PASSWORD, register, test } from "./kit";

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
    await other.getByLabel("Code").fill("000000");
    await expect(other.getByText("This code is wrong or was used before.")).toBeVisible();
    // The code of now was used up; the next one counts already.
    await other.getByLabel("Code").fill(codeAt(key, Date.now() + 30_000));
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
    await ada.page.getByLabel("Code").fill(codes[1] ?? "");
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
