import { CircleAlert } from "lucide-react";
import { explain, problemFields } from "./problem";
import { ApiProblem } from "@kit/api";
import s from "./FormError.module.css";

export interface FormErrorProps {
  error: unknown;
  /** Fields of the form that show their own errors; a problem about these alone is not repeated here. */
  fields?: readonly string[];
}

/** What went wrong with a form, above its buttons; announced as soon as it appears. */
export function FormError({ error, fields = [] }: FormErrorProps) {
  if (error === null || error === undefined) return null;
  const named = problemFields(error);
  if (named.length > 0 && named.every((field) => fields.includes(field))) return null;
  const { title, detail } = explain(error);
  const others = error instanceof ApiProblem ? error.fields.filter((f) => !fields.includes(f.field)) : [];
  return (
    <div role="alert" className={s.error}>
      <CircleAlert size={18} aria-hidden="true" />
      <div>
        <p className={s.title}>{title}</p>
        {detail && detail !== title ? <p>{detail}</p> : null}
        {others.length > 0 ? (
          <ul>
            {others.map((f) => (
              <li key={f.field}>{f.message}</li>
            ))}
          </ul>
        ) : null}
      </div>
    </div>
  );
}
