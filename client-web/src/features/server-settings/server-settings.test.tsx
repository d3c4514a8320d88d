import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { Role } from "@kit/api";
import { channel, me, server, user } from "@kit/testing/build";
import { fakeServer, show } from "@kit/testing/render";
import { ServerSettingsPage } from "./ServerSettingsPage";

const role = (id: string, name: string, position: number, part: Partial<Role> = {}): Role => ({ id, name, colour: null, position, hoist: false, mentionable: false, permissions: [], everyone: false, ...part });
const roles = [role("r_all", "everyone", 0, { everyone: true, permissions: ["view", "send"] }), role("r_low", "Reader", 1), role("r_high", "Librarian", 2, { permissions: ["kick", "view_held"] })];

function settings(path: string, part: Parameters<typeof server>[1] = {}) {
  const shown = server("s_1", { roles, owner: "u_ada", channels: [channel("c_1", { name: "general", overrides: [{ target: "r_low", allow: [], deny: ["send"] }] })], ...part });
  return show(<ServerSettingsPage sid="s_1" />, { path: `/s/s_1/settings/${path}`, me: me(), state: { servers: { s_1: shown }, order: ["s_1"], users: { u_ada: user("u_ada"), u_mira: user("u_mira") } } });
}

describe("B8: roles", () => {
  it("stand from the highest down; moving one asks for the places that change", async () => {
    const requests = fakeServer({ "PATCH servers/:sid/roles/:rid": (request: { path: string }) => role(request.path.split("/").at(-1) ?? "", "x", 1) });
    settings("roles");
    expect(screen.getAllByRole("link", { name: /^(Librarian|Reader)$/ }).map((link) => link.textContent)).toEqual(["Librarian", "Reader"]);
    await userEvent.click(screen.getByRole("button", { name: "What to do with Reader" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Move up" }));
    await waitFor(() => {
      expect(requests.map((r) => [r.path, r.body])).toEqual([
        ["servers/s_1/roles/r_low", { position: 2 }],
        ["servers/s_1/roles/r_high", { position: 1 }],
      ]);
    });
  });

  it("permissions are switches with a sentence; those without a switch are kept", async () => {
    const requests = fakeServer({ "PATCH servers/:sid/roles/:rid": roles[2] });
    settings("roles/r_high");
    const ban = screen.getByRole("switch", { name: "Ban members" });
    expect(ban).toHaveAccessibleDescription(/leave for good/);
    await userEvent.click(ban);
    await userEvent.click(screen.getByRole("switch", { name: "Remove members" }));
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => {
      expect(requests[0]?.body).toEqual({ permissions: ["view_held", "ban"] });
    });
  });

  it("nobody gives what they do not have themselves", () => {
    settings("roles/r_low", { owner: "u_mira", my_permissions: ["manage_roles", "kick"] });
    expect(screen.getByRole("switch", { name: "Remove members" })).toBeEnabled();
    expect(screen.getByRole("switch", { name: "Ban members" })).toBeDisabled();
    expect(screen.getByRole("switch", { name: "Everything" })).toBeDisabled();
  });

  it("a channel allows, denies or leaves it to the role, saved together", async () => {
    const requests = fakeServer({ "PUT servers/:sid/channels/:cid/overrides/:target": channel("c_1"), "DELETE servers/:sid/channels/:cid/overrides/:target": undefined });
    settings("channels/c_1");
    const choose = async (permission: string, stand: string) => {
      await userEvent.click(within(screen.getByRole("radiogroup", { name: permission })).getByRole("radio", { name: stand }));
    };
    await choose("See channels", "Deny");
    expect(screen.getByRole("switch", { name: "Private" })).toBeChecked();
    await userEvent.click(screen.getByRole("button", { name: "Reader" }));
    await choose("Write messages", "Not set");
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => {
      expect(requests.map((r) => [r.method, r.path.split("/").at(-1), r.body])).toEqual([
        ["PUT", "r_all", { allow: [], deny: ["view"] }],
        ["DELETE", "r_low", undefined],
      ]);
    });
  });
});

describe("E1: members and bans", () => {
  const mira = { user: user("u_mira", { domain: "harbour.town", local: false }), roles: ["r_low"], plain: false, joined_at: 0, presence: "online" };

  it("bans with a reason after a question", async () => {
    const requests = fakeServer({ "GET servers/:sid/members": { members: [mira], total: 1, cursor: null }, "PUT servers/:sid/bans/:actor": undefined });
    settings("members");
    await userEvent.click(await screen.findByRole("button", { name: "What to do with Mira" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Ban" }));
    await userEvent.type(await screen.findByLabelText(/Reason/), "sold watches");
    await userEvent.click(screen.getByRole("button", { name: "Ban" }));
    await waitFor(() => {
      expect(requests.find((r) => r.method === "PUT")).toMatchObject({ path: "servers/s_1/bans/u_mira", body: { reason: "sold watches" } });
    });
  });

  it("changes roles of a member", async () => {
    const requests = fakeServer({ "GET servers/:sid/members": { members: [mira], total: 1, cursor: null }, "PATCH servers/:sid/members/:actor": mira });
    settings("members");
    await userEvent.click(await screen.findByRole("button", { name: "What to do with Mira" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Change roles" }));
    await userEvent.click(await screen.findByRole("checkbox", { name: "Librarian" }));
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => {
      expect(requests.find((r) => r.method === "PATCH")?.body).toEqual({ roles: ["r_low", "r_high"] });
    });
  });

  it("lifts a ban", async () => {
    const requests = fakeServer({ "GET servers/:sid/bans": { bans: [{ user: mira.user, reason: "spam", by: "u_ada", at: 0 }] }, "DELETE servers/:sid/bans/:actor": undefined });
    settings("bans");
    expect(await screen.findByText("spam")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Lift" }));
    await userEvent.click(await screen.findByRole("button", { name: "Lift the ban" }));
    await waitFor(() => {
      expect(requests.some((r) => r.method === "DELETE" && r.path === "servers/s_1/bans/u_mira")).toBe(true);
    });
  });
});

describe("B5: list of invitations", () => {
  it("shows how often each was used and takes one back", async () => {
    const invite = { id: "i_1", code: null, url: null, channel: "c_1", roles: ["r_low"], by: "u_mira", created_at: 0, expires_at: null, max_uses: 10, uses: 4, revoked: false };
    const requests = fakeServer({ "GET servers/:sid/invites": { invites: [invite] }, "DELETE servers/:sid/invites/:id": undefined });
    settings("invites");
    expect(await screen.findByText("used 4 of 10 times")).toBeInTheDocument();
    expect(screen.getByText("by Mira · to #general · gives Reader")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Take back" }));
    await waitFor(() => {
      expect(requests.some((r) => r.method === "DELETE" && r.path === "servers/s_1/invites/i_1")).toBe(true);
    });
  });
});

describe("B12: deleting a community", () => {
  it("only after its name was typed, and only by its owner", async () => {
    const requests = fakeServer({ "DELETE servers/:sid": undefined });
    const { unmount } = settings("delete");
    await userEvent.click(screen.getByRole("button", { name: "Delete this community" }));
    const go = await screen.findByRole("button", { name: "Delete for ever" });
    expect(go).toBeDisabled();
    await userEvent.type(screen.getByLabelText(/^Type/), "Lantern Readers");
    await userEvent.click(go);
    await waitFor(() => {
      expect(requests[0]).toMatchObject({ method: "DELETE", path: "servers/s_1", body: { confirm_name: "Lantern Readers" } });
    });
    unmount();
    settings("delete", { owner: "u_mira", my_permissions: ["admin"] });
    expect(screen.queryByRole("link", { name: "Delete" })).toBeNull();
  });
});

describe("B11: pages by permission", () => {
  it("a plain member reads about the community and sees its members", () => {
    settings("overview", { owner: "u_mira", my_permissions: ["view"] });
    expect(screen.getAllByRole("link").map((link) => link.textContent)).toEqual(["Overview", "Members"]);
    expect(screen.queryByLabelText("Name")).toBeNull();
  });
});

describe("B10: notices of people coming and going", () => {
  it("B10: stand in a channel that one chooses, or nowhere", async () => {
    const requests = fakeServer({ "PATCH servers/:sid": server("s_1", { owner: "u_ada", notices: null }) });
    settings("overview", { notices: "c_1", channels: [channel("c_1", { name: "general" }), channel("c_2", { name: "door" })], my_permissions: ["manage_server"] });
    await userEvent.click(screen.getByRole("button", { name: /Notices of people coming and going/ }));
    expect((await screen.findAllByRole("option")).map((option) => option.textContent)).toEqual(["Off", "#door", "#general"]);
    await userEvent.click(screen.getByRole("option", { name: "Off" }));
    await userEvent.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(requests[0]?.body).toEqual({ notices: null }));
  });
});
