import { type ReactNode } from "react";
import { Trans } from "@lingui/react/macro";
import { MailCheck } from "lucide-react";
import { Button } from "@kit/ui/Button";
import { CardPage, Stack } from "@kit/ui/Page";

export interface MailSentProps {
  /** Where the letter went, and how long its link works. */
  what: string;
  /** What may be done when nothing comes. */
  nothingCame: ReactNode;
  /** The button back to the form, and what it does. */
  again: ReactNode;
  onAgain: () => void;
  after: ReactNode;
}

/** After a letter was asked for: where to look now. */
export function MailSent({ what, nothingCame, again, onAgain, after }: MailSentProps) {
  return (
    <CardPage picture={<MailCheck size={40} aria-hidden />} title={<Trans>Look into your mail</Trans>} after={after}>
      <Stack>
        <p role="status">{what}</p>
        <p>{nothingCame}</p>
        <Button wide onPress={onAgain}>
          {again}
        </Button>
      </Stack>
    </CardPage>
  );
}
