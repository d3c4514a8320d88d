import { common, createLowlight } from "lowlight";

/** Text, or a coloured stretch of text. */
export type HighlightNode = string | { className: string; children: HighlightNode[] };

type Hast = ReturnType<ReturnType<typeof createLowlight>["highlight"]>["children"][number];

const lowlight = createLowlight(common);

function convert(nodes: readonly Hast[]): HighlightNode[] {
  return nodes.flatMap((node): HighlightNode[] => {
    if (node.type === "text") return [node.value];
    if (node.type !== "element") return [];
    const names = node.properties["className"];
    return [{ className: Array.isArray(names) ? names.join(" ") : "", children: convert(node.children as Hast[]) }];
  });
}

/** The code in coloured pieces, or null for a language that we do not know. */
export function highlight(code: string, language: string): HighlightNode[] | null {
  if (!lowlight.registered(language)) return null;
  return convert(lowlight.highlight(language, code).children);
}
