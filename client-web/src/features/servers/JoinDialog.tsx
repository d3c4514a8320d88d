import { useId, useState, type FormEvent } from "react";
import { Trans, useLingui } from "@lingui/react/macro";
import { useLocation } from "wouter";
import { useSession } from "@kit/live";
import { Button } from "@kit/ui/Button";
import { Dialog } from "@kit/ui/Dialog";
import { joinPath, parseInvite } from "@kit/ui/invite-link";
import { TextField } from "@kit/ui/TextField";

/** Takes an invitation as a link or a code and goes to its preview. */
export function JoinDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const form = useId();
  const { instance } = useSession();
  const [, navigate] = useLocation();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const here = instance?.domain ?? location.host;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const invite = parseInvite(text, here);
    if (!invite) {
      setWrong(true);
      return;
    }
    onClose();
    navigate(joinPath(invite));
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="small"
      title={<Trans>Join with an invitation</Trans>}
      footer={
        <>
          <Button onPress={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" form={form} variant="primary" isDisabled={text.trim() === ""}>
            <Trans>Look at it</Trans>
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={onSubmit}>
        <TextField
          label={t`Link or code`}
          value={text}
          onChange={(value) => {
            setText(value);
            setWrong(false);
          }}
          autoFocus
          autoComplete="off"
          spellCheck="false"
          placeholder="https://harbour.town/invite/…"
          error={wrong ? t`This is not an invitation. It looks like https://harbour.town/invite/ and a code.` : undefined}
        />
      </form>
    </Dialog>
  );
}
