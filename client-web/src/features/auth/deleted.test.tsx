import { screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import type { DeletionProgress } from "@kit/api";
import { fakeServer, Refusal, show } from "@kit/testing/render";
import { DeletedPage } from "./DeletedPage";

const DAY = 1_767_225_600_000;

afterEach(() => {
  window.location.hash = "";
});

describe("A9: an account that is gone", () => {
  it("A9: its page shows who has confirmed", async () => {
    let found: DeletionProgress = { state: "confirming", erase: true, asked_at: 0, due_at: DAY, settled_at: null, confirmed: ["a.town", "b.town"], missing: ["c.town"] };
    const requests = fakeServer({ "POST deletions/look": () => found });
    window.location.hash = "#token";
    const waiting = show(<DeletedPage />, {});
    expect(await screen.findByText("Confirmed by 2 of 3 instances.")).toBeInTheDocument();
    expect(screen.getByText("has not answered yet")).toBeInTheDocument();
    expect(requests[0]?.body).toEqual({ token: "token" });
    waiting.unmount();
    found = { ...found, state: "done", settled_at: 1 };
    show(<DeletedPage />, {});
    expect(await screen.findByText("never answered")).toBeInTheDocument();
  });

  it("a page without a deletion says so", async () => {
    fakeServer({ "POST deletions/look": () => new Refusal({ status: 404, code: "not_found" }) });
    show(<DeletedPage />, {});
    expect(await screen.findByRole("heading", { name: /Nothing to see here/ })).toBeInTheDocument();
    window.location.hash = "#wrong";
    await waitFor(() => {
      expect(screen.getByRole("heading", { name: /Nothing to see here/ })).toBeInTheDocument();
    });
  });
});
