import { ArrivalsSection } from "./ArrivalsSection";
import { PlaceSection } from "./PlaceSection";
import { DeletionSection } from "./DeletionSection";
import { DeparturesSection } from "./DeparturesSection";
import { ErasuresSection } from "./ErasuresSection";
import { ExportSection } from "./ExportSection";
import { ImportSection } from "./ImportSection";
import { MoveSection } from "./MoveSection";

/** Where the profile lies, taking one's data out, bringing it along from elsewhere, going to live elsewhere, having communities come here, what was erased, and deleting the account. */
export function DataPage() {
  return (
    <>
      <PlaceSection />
      <ExportSection />
      <ImportSection />
      <MoveSection />
      <ArrivalsSection />
      <DeparturesSection />
      <ErasuresSection />
      <DeletionSection />
    </>
  );
}
