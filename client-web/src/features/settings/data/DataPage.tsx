import { ExportSection } from "./ExportSection";
import { ImportSection } from "./ImportSection";

/** Taking one's data out, and bringing it along from elsewhere. */
export function DataPage() {
  return (
    <>
      <ExportSection />
      <ImportSection />
    </>
  );
}
