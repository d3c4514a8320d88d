import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { me } from "@kit/testing/build";
import { fakeServer, Refusal, show } from "@kit/testing/render";
import { Notices } from "../Notices";
import { DeletionSection } from "./DeletionSection";

const DAY = 1_767_225_600_000;

describe("A9: deleting the account", () => {
  it("A9: the day is told, and can be taken back", async () => {
    const requests = fakeServer({
      "POST me/deletion": { due_at: DAY, link: "https://quietbay.org/deleted#token" },
      "DELETE me/deletion": undefined,
    });
    const asking = show(<DeletionSection />, { me: me() });
    await userEvent.click(screen.getByRole("button", { name: "Delete my account" }));
    const dialog = within(await screen.findByRole("alertdialog"));
    await userEvent.click(dialog.getByText("It is erased everywhere"));
    await userEvent.click(dialog.getByRole("button", { name: "Delete my account" }));
    expect(await screen.findByLabelText("Address")).toHaveValue("https://quietbay.org/deleted#token");
    expect(requests[0]?.body).toEqual({ erase: true });
    asking.unmount();

    for (const place of [<DeletionSection key="page" />, <Notices key="notices" />]) {
      const there = show(place, { me: me({ deleted_at: DAY }) });
      expect(screen.getByText(/Your account will be deleted on/)).toBeInTheDocument();
      await userEvent.click(screen.getByRole("button", { name: "Keep my account" }));
      there.unmount();
    }
    expect(requests.filter((request) => request.method === "DELETE")).toHaveLength(2);
  });

  it("says what comes first", async () => {
    fakeServer({ "POST me/deletion": () => new Refusal({ status: 409, code: "owner_cannot_leave", detail: "You own Orchard. Delete what nobody needs any more first." }) });
    show(<DeletionSection />, { me: me() });
    await userEvent.click(screen.getByRole("button", { name: "Delete my account" }));
    await userEvent.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: "Delete my account" }));
    expect(await screen.findByText(/You own Orchard/)).toBeInTheDocument();
  });
});
