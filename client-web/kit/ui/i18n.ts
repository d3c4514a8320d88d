import { i18n } from "@lingui/core";
import { compileMessage } from "@lingui/message-utils/compileMessage";

/** English is the source language: its texts stand in the code and are compiled when first shown. */
export function activateEnglish(): void {
  i18n.setMessagesCompiler(compileMessage);
  // Dates and numbers as English is written where the person is.
  const locales = navigator.languages.filter((language) => language === "en" || language.startsWith("en-"));
  i18n.loadAndActivate({ locale: "en", locales: [...locales, "en"], messages: {} });
}
