import { useLingui } from "@lingui/react/macro";
import { dataApi } from "@kit/api/data";
import { toast } from "@kit/ui/Toasts";
import { useSubmit } from "@kit/ui/useSubmit";

/** Taking back that the account is deleted, and the day in words. */
export function useKeepAccount(at: number) {
  const { t, i18n } = useLingui();
  const keep = useSubmit(async () => {
    await dataApi.keepMe();
    toast(t`Your account stays.`);
  });
  return { keep, when: i18n.date(new Date(at), { dateStyle: "long", timeStyle: "short" }) };
}
