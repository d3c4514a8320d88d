import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { me } from "@kit/testing/build";
import { fakeServer, Refusal, show } from "@kit/testing/render";
import { deviceName } from "@kit/ui/device";
import { SignInPage } from "./SignInPage";
import { SignUpPage } from "./SignUpPage";

describe("A2: signing in", () => {
  it("sends the name without the home, says which device, and goes on where it came from", async () => {
    const requests = fakeServer({ "POST sessions": { me: me() } });
    const signedIn = vi.fn();
    const { history } = show(<SignInPage />, { path: "/sign-in?return=%2Fdirectory", session: { signedIn } });
    await userEvent.type(screen.getByLabelText("Name"), "Ada@quietbay.org");
    await userEvent.type(screen.getByLabelText("Password"), "copper kettle");
    await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
    await waitFor(() => {
      expect(history.at(-1)).toBe("/directory");
    });
    expect(requests[0]?.body).toMatchObject({ handle: "ada", password: "copper kettle", kind: "cookie" });
    expect(signedIn).toHaveBeenCalled();
  });

  it("J1: says which domain this place had before, for those who come from there", () => {
    fakeServer({});
    const { unmount } = show(<SignInPage />, { path: "/sign-in" });
    expect(screen.queryByText(/until lately/)).not.toBeInTheDocument();
    unmount();
    show(<SignInPage />, { path: "/sign-in", instance: { former_domain: { domain: "old.example", until: 1 } } });
    expect(screen.getByText(/quietbay.org was old.example until lately/)).toBeInTheDocument();
  });

  it("says in words that name and password do not fit, and stays", async () => {
    fakeServer({ "POST sessions": () => new Refusal({ status: 401, code: "bad_credentials" }) });
    const { history } = show(<SignInPage />, { path: "/sign-in" });
    await userEvent.type(screen.getByLabelText("Name"), "ada");
    await userEvent.type(screen.getByLabelText("Password"), "wrong{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent("do not belong together");
    expect(history).toEqual(["/sign-in"]);
  });

  it("A3: a code is asked for where the account has an app; six digits go off by themselves", async () => {
    const requests = fakeServer({
      "POST sessions": { sign_in: "step", expires_at: 0, authenticator: true, passkey: false },
      "POST sessions/code": (request: { body: unknown }) =>
        (request.body as { code: string }).code === "123 456" ? { me: me() } : new Refusal({ status: 401, code: "bad_code", fields: [{ field: "code", code: "bad_code", message: "This code is wrong." }] }),
    });
    const signedIn = vi.fn();
    show(<SignInPage />, { path: "/sign-in", session: { signedIn } });
    await userEvent.type(screen.getByLabelText("Name"), "ada");
    await userEvent.type(screen.getByLabelText("Password"), "copper kettle{Enter}");
    const code = await screen.findByLabelText("Code");
    expect(code).toHaveFocus();
    await userEvent.type(code, "000000");
    await waitFor(() => {
      expect(code).toHaveAccessibleDescription("This code is wrong.");
    });
    expect(signedIn).not.toHaveBeenCalled();
    await userEvent.clear(code);
    await userEvent.type(code, "123 456");
    await waitFor(() => {
      expect(signedIn).toHaveBeenCalledOnce();
    });
    expect(requests.at(-1)?.body).toMatchObject({ sign_in: "step", code: "123 456", kind: "cookie" });
  });

  it("A3: a recovery code goes instead; a sign-in that is over begins again", async () => {
    fakeServer({ "POST sessions": { sign_in: "step", expires_at: 0, authenticator: true, passkey: false }, "POST sessions/code": () => new Refusal({ status: 410, code: "gone", detail: "This sign-in is over. Begin again with your password." }) });
    show(<SignInPage />, { path: "/sign-in" });
    await userEvent.type(screen.getByLabelText("Name"), "ada");
    await userEvent.type(screen.getByLabelText("Password"), "copper kettle{Enter}");
    await userEvent.click(await screen.findByRole("button", { name: "Use a recovery code instead" }));
    await userEvent.type(screen.getByLabelText("Recovery code"), "abcd-efgh-ijkl-mnop{Enter}");
    expect(await screen.findByRole("alert")).toHaveTextContent("This sign-in is over");
    await userEvent.click(screen.getByRole("button", { name: "Begin again" }));
    expect(screen.getByLabelText("Password")).toBeInTheDocument();
  });

  it("asks for no password where it would travel in the clear", () => {
    show(<SignInPage />, { path: "/sign-in", instance: { insecure: true } });
    expect(screen.getByRole("heading", { name: /not encrypted/ })).toBeInTheDocument();
    expect(screen.queryByLabelText("Password")).toBeNull();
  });

  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"],
    ["Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chromium, Android"],
    ["curl/8", "Browser"],
  ])("%s is %s", (agent, name) => {
    expect(deviceName(agent)).toBe(name);
  });
});

const noWork = { challenge: "", bits: 0 };

describe("A1: creating an account", () => {
  it("shows the whole address, the strength, and the server's words next to the field", async () => {
    fakeServer({ "GET accounts/challenge": noWork, "POST accounts": () => new Refusal({ status: 409, code: "handle_taken", fields: [{ field: "handle", code: "taken", message: "This name is taken." }] }) });
    show(<SignUpPage />, { path: "/sign-up" });
    const handle = screen.getByLabelText("Name");
    await userEvent.type(handle, "Mira");
    expect(handle).toHaveAccessibleDescription(/mira@quietbay\.org/);
    await userEvent.type(screen.getByLabelText("Password"), "mira12345678");
    expect(screen.getByRole("meter")).toHaveTextContent("contains your name");
    await userEvent.click(screen.getByRole("button", { name: "Create account" }));
    await waitFor(() => {
      expect(handle).toHaveAccessibleDescription(/This name is taken/);
    });
    expect(handle).toBeInvalid();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("shows and hides the password", async () => {
    show(<SignUpPage />, { path: "/sign-up" });
    const field = screen.getByLabelText("Password");
    expect(field).toHaveAttribute("type", "password");
    await userEvent.click(screen.getByRole("button", { name: "Show password" }));
    expect(field).toHaveAttribute("type", "text");
  });

  it("A1: by invitation, with the code of the link or with one that is pasted", async () => {
    const requests = fakeServer({ "POST accounts": () => new Refusal({ status: 404, code: "invite_unknown", detail: "The invitation is not valid, was used up or has expired." }) });
    const fill = async () => {
      await userEvent.type(screen.getByLabelText("Name"), "mira");
      await userEvent.type(screen.getByLabelText("Password"), "a lantern on the train");
      await userEvent.click(screen.getByRole("button", { name: "Create account" }));
    };
    const linked = show(<SignUpPage />, { path: "/sign-up?invite=abc", instance: { registration: "invite" } });
    expect(screen.queryByLabelText("Invitation")).toBeNull();
    await fill();
    expect(await screen.findByRole("alert")).toHaveTextContent("Nobody knows this invitation");
    linked.unmount();
    show(<SignUpPage />, { path: "/sign-up", instance: { registration: "invite" } });
    await userEvent.type(screen.getByLabelText("Invitation"), "https://quietbay.org/sign-up?invite=def");
    await fill();
    await waitFor(() => {
      expect(requests.map((r) => r.body)).toMatchObject([{ invite: "abc" }, { invite: "def" }]);
    });
    expect(requests[0]?.body).toHaveProperty("device");
  });

  it("A1: where an admin decides, with what the person says of themselves; an invitation spares it", async () => {
    const requests = fakeServer({ "GET accounts/challenge": noWork, "POST accounts": () => ({ handle: "mira" }) });
    const asked = show(<SignUpPage />, { path: "/sign-up", instance: { registration: "approval" } });
    await userEvent.type(screen.getByLabelText("Name"), "mira");
    await userEvent.type(screen.getByLabelText("Password"), "a lantern on the train");
    await userEvent.type(screen.getByLabelText("Who are you?"), "The cellist");
    await userEvent.click(screen.getByRole("button", { name: "Ask for an account" }));
    expect(await screen.findByRole("heading", { name: "You are on the list" })).toBeInTheDocument();
    expect(requests.at(-1)?.body).toMatchObject({ handle: "mira", reason: "The cellist" });
    asked.unmount();
    show(<SignUpPage />, { path: "/sign-up?invite=abc", instance: { registration: "approval" } });
    expect(screen.queryByLabelText("Who are you?")).toBeNull();
    expect(screen.getByRole("button", { name: "Create account" })).toBeInTheDocument();
  });

  it("says so where no accounts are made", () => {
    show(<SignUpPage />, { path: "/sign-up", instance: { registration: "closed" } });
    expect(screen.getByRole("heading", { name: "No new accounts here" })).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Create account" })).toBeNull();
  });
});
