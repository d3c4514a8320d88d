import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { me, server, user } from "@kit/testing/build";
import { fakeServer, show } from "@kit/testing/render";
import { ProfileCard } from "./ProfileCard";

const mira = user("u_mira", { domain: "harbour.town", local: false });
const roles = [{ id: "r_1", name: "Librarian", colour: 0x7a55d6, position: 1, hoist: false, mentionable: false, permissions: [], everyone: false }];

function card(permissions: string[], uid = "u_mira", shownHere = mira) {
  const onClose = vi.fn();
  const requests = fakeServer({
    "GET users/:id": (request: { path: string }) => ({ user: request.path.endsWith("u_mira") ? mira : user("u_ada"), bio: "Reads on trains.", pronouns: "she/her", mutual_servers: ["s_1"], fetched_at: 0 }),
    "GET servers/:sid/members/:actor": { user: shownHere, roles: [], plain: false, joined_at: 0, presence: "online" },
    "PATCH servers/:sid/members/:actor": { user: mira, roles: ["r_1"], plain: false, joined_at: 0, presence: "online" },
    "DELETE servers/:sid/members/:actor": undefined,
  });
  const shown = show(<ProfileCard uid={uid} sid="s_1" anchor={document.body} onClose={onClose} />, {
    me: me(),
    state: { servers: { s_1: server("s_1", { owner: "u_boss", my_permissions: permissions, roles }) }, order: ["s_1"], users: { u_mira: mira, u_ada: user("u_ada") }, dressed: { s_1: shownHere === mira ? {} : { u_mira: shownHere } }, presence: { u_mira: "online" } },
  });
  return { ...shown, requests, onClose };
}

describe("A5: the profile card", () => {
  it("says who somebody is, where their home is and what we share", async () => {
    card([]);
    expect(await screen.findByText("Reads on trains.")).toBeInTheDocument();
    expect(screen.getByRole("dialog", { name: "Profile of Mira" })).toHaveTextContent("mira@harbour.town");
    expect(screen.getByText("here now · at home at harbour.town")).toBeInTheDocument();
    expect(screen.getByText("A community you share")).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Ban" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Give Mira a role" })).toBeNull();
  });

  it("E1: who may, gives roles and removes people from it", async () => {
    const { requests, onClose } = card(["manage_roles", "kick"]);
    await userEvent.click(await screen.findByRole("button", { name: "Give Mira a role" }));
    await userEvent.click(await screen.findByRole("menuitem", { name: "Librarian" }));
    await waitFor(() => {
      expect(requests.find((r) => r.method === "PATCH")?.body).toEqual({ roles: ["r_1"] });
    });
    expect(screen.queryByRole("button", { name: "Ban" })).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Remove" }));
    const confirm = await screen.findByRole("alertdialog");
    expect(confirm).toHaveTextContent("Remove Mira?");
    await userEvent.type(screen.getByLabelText(/Reason/), "asked to");
    await userEvent.click(screen.getAllByRole("button", { name: "Remove" }).at(-1)!);
    await waitFor(() => {
      expect(onClose).toHaveBeenCalled();
    });
    expect(requests.find((r) => r.method === "DELETE")?.body).toEqual({ reason: "asked to" });
  });

  it("A10: who may, has somebody shown by their usual name", async () => {
    const { requests } = card(["manage_nicknames"], "u_mira", { ...mira, here: { display_name: "Captain", avatar: null } });
    expect(await screen.findByRole("heading", { name: /Captain/ })).toBeVisible();
    expect(screen.getByText("elsewhere Mira")).toBeVisible();
    await userEvent.click(await screen.findByRole("button", { name: "Show the usual name" }));
    await waitFor(() => {
      expect(requests.find((r) => r.method === "PATCH")?.body).toEqual({ plain: true });
    });
  });

  it("one's own leads to the settings", async () => {
    const { history } = card([], "u_ada");
    await userEvent.click(await screen.findByRole("button", { name: "Edit profile" }));
    expect(history.at(-1)).toBe("/settings/profile");
  });
});
