import { useQuery } from "@tanstack/react-query";
import { LogIn } from "lucide-react";
import { Trans } from "@lingui/react/macro";
import { oidcApi } from "@kit/api/oidc";
import { Button } from "./Button";
import { FormError } from "./FormError";
import { useSubmit } from "./useSubmit";

/** For who has no password: signing in with a linked service once more proves who is there. The page is left for that. */
export function ServiceProof() {
  const list = useQuery({ queryKey: ["services"], queryFn: () => oidcApi.list() });
  const submit = useSubmit(async (provider: string) => {
    window.location.assign(await oidcApi.prove(provider, window.location.pathname));
    await new Promise(() => undefined);
  });
  const linked = list.data?.filter((service) => service.label !== null) ?? [];
  return (
    <>
      <FormError error={submit.error ?? list.error} />
      {linked.map((service) => (
        <Button key={service.provider} wide icon={<LogIn size={18} aria-hidden="true" />} isPending={submit.pending} onPress={() => void submit.run(service.provider)}>
          <Trans>Sign in with {service.name} once more</Trans>
        </Button>
      ))}
    </>
  );
}
