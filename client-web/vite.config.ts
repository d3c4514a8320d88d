import babel from "@rolldown/plugin-babel";
import react from "@vitejs/plugin-react";
import { emojiPlugin } from "./scripts/emoji-plugin.ts";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const backend = process.env.CONNTEXT_BACKEND ?? "http://127.0.0.1:8080";

/** Turns lingui's macros into calls. The English text stays in the code, so English needs no catalogue at run time. */
const linguiMacros = babel({
  include: /\.[jt]sx?$/,
  plugins: [["@lingui/babel-plugin-lingui-macro", { stripMessageField: false }]],
});

export default defineConfig({
  plugins: [linguiMacros, react(), emojiPlugin()],
  resolve: { alias: { "@kit": here("./kit"), "@": here("./src") } },
  build: {
    outDir: "dist",
    // Nothing is put inline: the content security policy forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    reportCompressedSize: false,
    // What every page needs lies together: many small files are larger in all, since each is packed by itself.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ name: "base", test: /use-sync-external-store|kit\/(?:api\/(?:api|http|problem|renew)\.ts|live\/|ui\/(?:Avatar|counts|channel-tree|problem|toast-queue|cx)\b)/ }],
        },
      },
    },
  },
  server: {
    proxy: { "/api": { target: backend, ws: true } },
  },
  test: {
    environment: "jsdom",
    // A hang is a failure; a busy machine is not.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: ["./kit/testing/setup.ts"],
    include: ["kit/**/*.test.{ts,tsx}", "src/**/*.test.{ts,tsx}"],
    css: { modules: { classNameStrategy: "non-scoped" } },
    restoreMocks: true,
  },
});
