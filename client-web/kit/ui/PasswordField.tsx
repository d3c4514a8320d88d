import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { useLingui } from "@lingui/react/macro";
import { IconButton } from "./IconButton";
import { TextField, type TextFieldProps } from "./TextField";

/** A password with a button that shows it. */
export function PasswordField(props: Omit<TextFieldProps, "type" | "after">) {
  const { t } = useLingui();
  const [shown, setShown] = useState(false);
  return (
    <TextField
      {...props}
      type={shown ? "text" : "password"}
      spellCheck="false"
      after={
        <IconButton label={shown ? t`Hide password` : t`Show password`} onPress={() => { setShown(!shown); }}>
          {shown ? <EyeOff size={18} /> : <Eye size={18} />}
        </IconButton>
      }
    />
  );
}
