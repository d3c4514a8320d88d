import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { me } from "@kit/testing/build";
import { fakeServer, Refusal, show } from "@kit/testing/render";
import { applyAppearance, defaultAppearance } from "@kit/theme/theme";
import { SettingsPage } from "./SettingsPage";
import { Notices } from "./Notices";

afterEach(() => {
  localStorage.clear();
  applyAppearance(defaultAppearance);
});

const session = (id: string, part: object = {}) => ({ id, device: `Firefox ${id}`, address: "192.0.2.1", kind: "cookie", created_at: 0, last_seen_at: 0, current: false, unknown: false, ...part });

describe("A2: devices", () => {
  it("this one stands first; another one is signed out by a click", async () => {
    const sessions = [session("1"), session("2", { current: true })];
    const requests = fakeServer({
      "GET sessions": () => ({ sessions }),
      "DELETE sessions/:id": (request: { path: string }) => {
        sessions.splice(sessions.findIndex((s) => request.path.endsWith(s.id)), 1);
      },
    });
    show(<SettingsPage />, { path: "/settings/devices", me: me() });
    const rows = await screen.findAllByText(/^Firefox \d$/);
    expect(rows.map((row) => row.textContent)).toEqual(["Firefox 2", "Firefox 1"]);
    await userEvent.click(screen.getByRole("button", { name: "Sign out Firefox 1" }));
    await waitFor(() => {
      expect(screen.queryByText("Firefox 1")).toBeNull();
    });
    expect(requests.filter((r) => r.method === "DELETE").map((r) => r.path)).toEqual(["sessions/1"]);
  });

  it("all others at once, after a question", async () => {
    const requests = fakeServer({ "GET sessions": { sessions: [session("1"), session("2", { current: true })] }, "DELETE sessions": undefined });
    show(<SettingsPage />, { path: "/settings/devices", me: me() });
    await userEvent.click(await screen.findByRole("button", { name: "Sign out all others" }));
    expect(requests.some((r) => r.method === "DELETE")).toBe(false);
    await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Sign out all others" }));
    await waitFor(() => {
      expect(requests.some((r) => r.method === "DELETE" && r.path === "sessions")).toBe(true);
    });
  });

  it("a list that cannot be loaded says so and can be tried again", async () => {
    let tries = 0;
    fakeServer({ "GET sessions": () => (tries++ === 0 ? new Refusal({ status: 500, code: "internal" }) : { sessions: [session("7", { current: true })] }) });
    show(<SettingsPage />, { path: "/settings/devices", me: me() });
    await userEvent.click(await screen.findByRole("button", { name: "Try again" }));
    expect(await screen.findByText("Firefox 7")).toBeInTheDocument();
  });
});

describe("A2: a new sign-in", () => {
  it("is asked about on the other devices; it is known, or signed out at once", async () => {
    const sessions = [session("1", { current: true, unknown: true }), session("2", { unknown: true }), session("3", { unknown: true }), session("4")];
    const requests = fakeServer({
      "GET sessions": () => ({ sessions }),
      "POST sessions/:id/known": () => {
        sessions.splice(1, 1);
      },
      "DELETE sessions/:id": () => {
        sessions.splice(1, 1);
      },
    });
    const { history } = show(<Notices />, { me: me({ unknown_sign_ins: 3 }) });
    // Not about this device, and not about what is known.
    expect(await screen.findAllByRole("alert")).toHaveLength(2);
    await userEvent.click(within(screen.getAllByRole("alert")[0] as HTMLElement).getByRole("button", { name: "Yes, it was me" }));
    await waitFor(() => {
      expect(screen.getAllByRole("alert")).toHaveLength(1);
    });
    await userEvent.click(screen.getByRole("button", { name: "No, sign it out" }));
    await waitFor(() => {
      expect(history.at(-1)).toBe("/settings/security");
    });
    expect(requests.filter((r) => r.method !== "GET").map((r) => `${r.method} ${r.path}`)).toEqual(["POST sessions/2/known", "DELETE sessions/3"]);
  });
});

describe("A1: people who ask for an account", () => {
  it("an admin is told of them, can put it off, and is told again when more come", async () => {
    fakeServer({});
    const { sync, history } = show(<Notices />, { me: me({ admin: true, applications: 1 }) });
    expect(await screen.findByText("Somebody asks for an account here.")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Later" }));
    expect(screen.queryByRole("region")).toBeNull();
    act(() => {
      sync.store.setState({ me: me({ admin: true, applications: 2 }) });
    });
    expect(await screen.findByText("2 people ask for an account here.")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Look" }));
    expect(history.at(-1)).toBe("/settings/applications");
  });
});

describe("A5: profile", () => {
  it("is saved and seen at once", async () => {
    const requests = fakeServer({
      "GET users/:id": { user: me().user, bio: "", pronouns: "", mutual_servers: [], fetched_at: 0 },
      "PATCH me": (request: { body: unknown }) => me({ user: { ...me().user, display_name: (request.body as { display_name: string }).display_name } }),
    });
    const { sync } = show(<SettingsPage />, { path: "/settings/profile", me: me() });
    const name = await screen.findByLabelText("Name to show");
    await userEvent.clear(name);
    await userEvent.type(name, "Ada L.");
    await userEvent.type(screen.getByLabelText("Pronouns"), "she/her");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => {
      expect(sync.state.me?.user.display_name).toBe("Ada L.");
    });
    expect(requests.find((r) => r.method === "PATCH")?.body).toEqual({ display_name: "Ada L.", pronouns: "she/her", bio: "" });
    await waitFor(() => {
      expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
    });
  });
});

describe("I4: appearance", () => {
  it("changes the page at once and follows the account", async () => {
    const requests = fakeServer({ "PUT me/settings": (request: { body: unknown }) => request.body });
    show(<SettingsPage />, { path: "/settings/appearance", me: me(), state: { settings: { other: 1 } } });
    await userEvent.click(screen.getByRole("radio", { name: "Dark" }));
    await userEvent.click(screen.getByRole("button", { name: "Green" }));
    expect(document.documentElement.dataset.theme).toBe("dark");
    expect(document.documentElement.style.getPropertyValue("--hue")).toBe("150");
    await waitFor(() => {
      expect(requests.at(-1)?.body).toEqual({ other: 1, appearance: { ...defaultAppearance, theme: "dark", hue: 150 } });
    });
    expect(requests).toHaveLength(1);
  });
});

describe("A3: two steps to sign in", () => {
  const offer = { secret: "JBSWY3DPEHPK3PXP", uri: "otpauth://totp/x", qr: ["101", "010", "101"] };

  it("is set up with the picture or the key and a code; the recovery codes are shown once", async () => {
    let on = false;
    const requests = fakeServer({
      "GET me/factors": () => ({ authenticator: on, passkeys: [], recovery_codes: on ? 10 : 0 }),
      "POST me/factors/authenticator": offer,
      "PUT me/factors/authenticator": () => {
        on = true;
        return { codes: ["aaaa-bbbb-cccc-dddd", "eeee-ffff-gggg-hhhh"] };
      },
    });
    show(<SettingsPage />, { path: "/settings/security", me: me() });
    await userEvent.click(await screen.findByRole("button", { name: "Set up an authenticator app" }));
    expect(await screen.findByRole("img", { name: /QR code/ })).toBeInTheDocument();
    expect(screen.getByLabelText("Or type this key into the app")).toHaveValue("JBSW Y3DP EHPK 3PXP");
    await userEvent.type(screen.getByLabelText("Code that the app shows"), "123456");
    await userEvent.click(screen.getByRole("button", { name: "Switch on" }));
    expect(await screen.findByText("aaaa-bbbb-cccc-dddd")).toBeInTheDocument();
    expect(requests.find((r) => r.method === "PUT")?.body).toEqual({ code: "123456" });
    await userEvent.click(screen.getByRole("button", { name: "I have kept them" }));
    expect(await screen.findByText("10 recovery codes are left.")).toBeInTheDocument();
    expect(screen.queryByText("aaaa-bbbb-cccc-dddd")).toBeNull();
  });

  it("removing it asks who is there first, with a code, and goes on then", async () => {
    let proven = false;
    let on = true;
    const requests = fakeServer({
      "GET me/factors": () => ({ authenticator: on, passkeys: [], recovery_codes: 2 }),
      "DELETE me/factors/authenticator": () => {
        if (!proven) return new Refusal({ status: 403, code: "proof_required" });
        on = false;
        return undefined;
      },
      "POST sessions/current/proof": () => {
        proven = true;
        return undefined;
      },
    });
    show(<SettingsPage />, { path: "/settings/security", me: me() });
    expect(await screen.findByText("2 recovery codes are left.")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Remove the app" }));
    await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Remove the app" }));
    await userEvent.type(await screen.findByLabelText("Your password"), "copper kettle");
    await userEvent.type(screen.getByLabelText("Code"), "123456");
    await userEvent.click(screen.getByRole("button", { name: "Go on" }));
    expect(await screen.findByRole("button", { name: "Set up an authenticator app" })).toBeInTheDocument();
    expect(requests.find((r) => r.path === "sessions/current/proof")?.body).toEqual({ password: "copper kettle", code: "123456" });
    expect(requests.filter((r) => r.method === "DELETE")).toHaveLength(2);
  });

  it("without the proof nothing happens, and the page says so", async () => {
    fakeServer({
      "GET me/factors": { authenticator: false, passkeys: [], recovery_codes: 0 },
      "POST me/factors/authenticator": () => new Refusal({ status: 403, code: "proof_required" }),
    });
    show(<SettingsPage />, { path: "/settings/security", me: me() });
    await userEvent.click(await screen.findByRole("button", { name: "Set up an authenticator app" }));
    await userEvent.click(await screen.findByRole("button", { name: "Cancel" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Nothing was changed.");
  });
});

describe("A2: password and signing out", () => {
  it("a wrong current password is told at its field", async () => {
    fakeServer({ "POST me/password": () => new Refusal({ status: 401, code: "bad_credentials" }) });
    show(<SettingsPage />, { path: "/settings/security", me: me() });
    await userEvent.type(screen.getByLabelText("Current password"), "wrong");
    await userEvent.type(screen.getByLabelText("New password"), "copper kettle under seven{Enter}");
    await waitFor(() => {
      expect(screen.getByLabelText("Current password")).toHaveAccessibleDescription("This is not your current password.");
    });
  });

  it("signs out after a question", async () => {
    const signOut = vi.fn(() => Promise.resolve());
    fakeServer({});
    const { history } = show(<SettingsPage />, { path: "/settings/about", me: me(), session: { signOut } });
    await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
    expect(signOut).not.toHaveBeenCalled();
    await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Sign out" }));
    await waitFor(() => {
      expect(history.at(-1)).toBe("/sign-in");
    });
    expect(signOut).toHaveBeenCalledOnce();
  });
});
