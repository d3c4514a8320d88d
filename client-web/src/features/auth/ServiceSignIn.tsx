import { LogIn } from "lucide-react";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { SecondStep } from "@kit/api";
import { oidcApi } from "@kit/api/oidc";
import { Button } from "@kit/ui/Button";
import { FormError } from "@kit/ui/FormError";
import { useSubmit } from "@kit/ui/useSubmit";

/** Leads to another service, which says who somebody is, and back. */
export function ServiceSignIn({ service, target }: { service: { id: string; name: string }; target: string }) {
  const submit = useSubmit(async () => {
    window.location.assign(await oidcApi.signIn(service.id, target));
    // The page stays until the other one is there.
    await new Promise(() => undefined);
  });
  const { name } = service;
  return (
    <>
      <FormError error={submit.error} />
      <Button variant="quiet" wide icon={<LogIn size={18} aria-hidden="true" />} isPending={submit.pending} onPress={() => void submit.run()}>
        <Trans>Sign in with {name}</Trans>
      </Button>
    </>
  );
}

/** Why nobody came back signed in. */
export function serviceWord(word: string): string {
  switch (word) {
    case "refused":
      return t`The other service did not let you go on. Try again, or sign in another way.`;
    case "expired":
      return t`That took too long, or was begun in another browser. Try again.`;
    case "unknown":
      return t`Nobody here signs in with that account yet. Sign in as usual and link it in your settings.`;
    case "not_in_group":
      return t`Your account there may not be used here. The people who run this place can tell you more.`;
    case "suspended":
      return t`This account is suspended. The people who run this place can tell you more.`;
    default:
      return t`That did not work. Try again; if it stays so, tell the people who run this place.`;
  }
}

/** The second step that an address brings behind its `#`. */
export function stepIn(hash: string): SecondStep | null {
  const text = /^step=([\w-]+)$/.exec(hash)?.[1];
  if (!text) return null;
  try {
    return JSON.parse(atob(text.replaceAll("-", "+").replaceAll("_", "/"))) as SecondStep;
  } catch {
    return null;
  }
}
