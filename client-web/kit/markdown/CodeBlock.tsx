import { useLingui } from "@lingui/react/macro";
import { Fragment, useEffect, useState, type ReactNode } from "react";
import type { HighlightNode } from "./highlight";
import s from "./Markdown.module.css";

/** Longer blocks stay plain: colouring them would hold up the page. */
const MOST_CHARS = 20_000;

/** A block of code; coloured once the highlighter, which loads when first needed, is there. */
export function CodeBlock({ code, language }: { code: string; language: string | null }) {
  const { t } = useLingui();
  const [tree, setTree] = useState<HighlightNode[] | null>(null);
  useEffect(() => {
    let current = true;
    setTree(null);
    if (!language || code.length > MOST_CHARS) return;
    import("./highlight")
      .then(({ highlight }) => {
        if (current) setTree(highlight(code, language));
      })
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, [code, language]);
  return (
    <div className={s.block}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- long lines scroll, also by keyboard */}
      <pre tabIndex={0}>
        <code>{tree ? coloured(tree) : code}</code>
      </pre>
      <button type="button" className={s.copy} onClick={() => void navigator.clipboard.writeText(code)}>
        {t`Copy`}
      </button>
    </div>
  );
}

function coloured(nodes: readonly HighlightNode[]): ReactNode {
  return nodes.map((node, index) =>
    typeof node === "string" ? (
      <Fragment key={index}>{node}</Fragment>
    ) : (
      <span key={index} className={node.className}>
        {coloured(node.children)}
      </span>
    ),
  );
}
