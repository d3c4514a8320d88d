import { ErasuresSection } from "./ErasuresSection";
import { ExportSection } from "./ExportSection";
import { ImportSection } from "./ImportSection";

/** Taking one's data out, bringing it along from elsewhere, and what was erased. */
export function DataPage() {
  return (
    <>
      <ExportSection />
      <ImportSection />
      <ErasuresSection />
    </>
  );
}
