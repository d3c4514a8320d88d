import type { LinguiConfig } from "@lingui/conf";

const config: LinguiConfig = {
  sourceLocale: "en",
  locales: ["en"],
  catalogs: [
    { path: "<rootDir>/locales/{locale}", include: ["<rootDir>/src", "<rootDir>/kit"], exclude: ["**/*.test.*"] },
  ],
};

export default config;
