import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { me, server } from "@kit/testing/build";
import { fakeServer, Refusal, show } from "@kit/testing/render";
import { DirectoryPage } from "./DirectoryPage";

const entry = { id: "s_8", domain: "quietbay.org", name: "Harbour Walks", description: "On Sundays.", icon: null, member_count: 3, joined: false };

function directory(answer: unknown) {
  const requests = fakeServer({
    "GET peers": { peers: [{ domain: "harbour.town", reachable: true }, { domain: "hill.example", reachable: false }] },
    "GET directory": answer,
    "POST directory/:domain/:sid/join": server("s_8", { name: "Harbour Walks" }),
  });
  return { requests, ...show(<DirectoryPage />, { me: me(), path: "/directory" }) };
}

describe("B3: the directory", () => {
  it("joins a community of this place by a click", async () => {
    const { requests, history, sync } = directory({ domain: "quietbay.org", fetched_at: 0, servers: [entry] });
    await userEvent.click(await screen.findByRole("button", { name: "Join" }));
    await waitFor(() => {
      expect(history.at(-1)).toBe("/s/s_8");
    });
    expect(requests.find((r) => r.method === "POST")?.path).toBe("directory/quietbay.org/s_8/join");
    expect(sync.state.servers.s_8).toBeDefined();
  });

  it("shows known places, which do not answer, and one that is typed", async () => {
    const { requests } = directory((request: { path: string }) => (request.path.includes("far.example") ? new Refusal({ status: 502, code: "peer_unreachable" }) : { domain: "x", fetched_at: 0, servers: [] }));
    const places = within(screen.getByRole("navigation", { name: "Places" }));
    expect(await places.findByRole("button", { name: /hill\.example.*does not answer/ })).toBeInTheDocument();
    expect(await screen.findByText("No public communities at quietbay.org")).toBeInTheDocument();
    await userEvent.click(places.getByRole("button", { name: "harbour.town" }));
    expect(await screen.findByText("No public communities at harbour.town")).toBeInTheDocument();
    await userEvent.type(places.getByLabelText("Another place"), "far.example");
    await userEvent.click(places.getByRole("button", { name: "Look there" }));
    expect(await screen.findByText("far.example does not answer.")).toBeInTheDocument();
    expect(requests.filter((r) => r.path.startsWith("directory")).map((r) => r.path)).toEqual(["directory", "directory?domain=harbour.town", "directory?domain=far.example"]);
  });
});
