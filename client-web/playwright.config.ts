import { availableParallelism } from "node:os";
import { defineConfig } from "@playwright/test";

/** Stories in a real browser against real instances; `CONNTEXT_BIN` names the program to start. */
export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.spec.ts",
  timeout: 90_000,
  expect: { timeout: 15_000 },
  // The instances and the browsers share the cores.
  workers: Math.min(4, availableParallelism()),
  retries: process.env.CI ? 1 : 0,
  reporter: [["list"]],
  use: {
    // Installed instances have certificates of an authority that the browser does not know.
    ignoreHTTPSErrors: Boolean(process.env.CONNTEXT_INSTALLED),
    locale: "en-GB",
    timezoneId: "Europe/London",
    viewport: { width: 1280, height: 800 },
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // Where the names of installed instances are, when those are tested.
        ...(process.env.CONNTEXT_RESOLVE ? [`--host-resolver-rules=${process.env.CONNTEXT_RESOLVE}`] : []),
      ],
    },
  },
});
