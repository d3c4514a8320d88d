// Shows the API's document as a readable page. Text only: nothing of the document becomes markup.
const el = (name, props = {}, ...children) => {
  const node = Object.assign(document.createElement(name), props);
  node.append(...children);
  return node;
};
const nameOf = (ref) => ref.split("/").at(-1);

function type(schema) {
  if (!schema) return "any";
  if (schema.$ref) return nameOf(schema.$ref);
  const all = schema.oneOf ?? schema.anyOf;
  if (all) return all.map(type).join(" | ");
  if (schema.allOf) return schema.allOf.map(type).join(" & ");
  if (schema.enum) return schema.enum.map((v) => JSON.stringify(v)).join(" | ");
  const kinds = [].concat(schema.type ?? (schema.properties ? "object" : "any"));
  return kinds
    .map((kind) => {
      if (kind === "array") return `${type(schema.items)}[]`;
      if (kind === "object" && schema.properties) return shape(schema);
      return kind;
    })
    .join(" | ");
}

function shape(schema) {
  const needed = new Set(schema.required ?? []);
  const lines = Object.entries(schema.properties ?? {}).map(([name, part]) => {
    const note = part.description ? `   // ${part.description.split("\n")[0]}` : "";
    return `  ${name}${needed.has(name) ? "" : "?"}: ${type(part).replaceAll("\n", "\n  ")}${note}`;
  });
  return lines.length ? `{\n${lines.join("\n")}\n}` : "{}";
}

const bodies = (content) => Object.entries(content ?? {}).map(([kind, c]) => `${kind}: ${type(c.schema)}`).join("\n");

function call(path, method, op) {
  const box = el("details");
  box.append(
    el("summary", {}, el("span", { className: "method", textContent: method }), el("code", { textContent: path }), op.summary ?? ""),
  );
  if (op.description && op.description !== op.summary) box.append(el("p", { textContent: op.description }));
  const parameters = (op.parameters ?? []).map((p) => `${p.name}${p.required ? "" : "?"} (${p.in}): ${type(p.schema)}${p.description ? `   // ${p.description}` : ""}`);
  if (parameters.length) box.append(el("h4", { textContent: "Parameters" }), el("pre", { textContent: parameters.join("\n") }));
  if (op.requestBody) box.append(el("h4", { textContent: "Body" }), el("pre", { textContent: bodies(op.requestBody.content) }));
  const answers = Object.entries(op.responses ?? {}).map(([status, r]) => `${status} ${r.description ?? ""}\n${bodies(r.content)}`.trim());
  box.append(el("h4", { textContent: "Answers" }), el("pre", { textContent: answers.join("\n\n") }));
  box.dataset.find = `${method} ${path} ${op.summary ?? ""}`.toLowerCase();
  return box;
}

const doc = await (await fetch("/api/v1/openapi.json")).json();
document.getElementById("about").textContent = doc.info.description ?? "";
const calls = document.getElementById("calls");
for (const [path, methods] of Object.entries(doc.paths)) {
  for (const [method, op] of Object.entries(methods)) calls.append(call(path, method, op));
}
calls.setAttribute("aria-busy", "false");
const types = document.getElementById("types");
for (const [name, schema] of Object.entries(doc.components?.schemas ?? {})) {
  const box = el("details", { id: `type-${name}` });
  box.append(el("summary", { textContent: name }), el("pre", { textContent: type(schema) }));
  types.append(box);
}
document.getElementById("find").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  for (const box of calls.children) box.hidden = !box.dataset.find.includes(wanted);
});
