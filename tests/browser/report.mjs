// One line per step, what was found below it, and whether all is well.
import { stripVTControlCharacters } from "node:util";

/** Counts faults; remarks are printed and forgotten. */
export class Report {
  steps = 0;
  failed = 0;

  /** Prints a step with what was found in it. */
  step(name, { faults, remarks = [] }) {
    this.steps += 1;
    if (faults.length > 0) this.failed += 1;
    console.log(`${faults.length > 0 ? "FAILED" : "ok    "} ${name}`);
    for (const fault of faults) console.log(`    ${fault}`);
    for (const remark of new Set(remarks)) console.log(`    remark: ${remark}`);
  }

  /** Runs a part of the walk. What it throws ends that part and fails the walk. */
  async part(name, walk) {
    console.log(`\n${name}`);
    try {
      await walk();
    } catch (error) {
      this.step(`${name}: stopped`, { faults: [stripVTControlCharacters(error.stack)] });
    }
  }
}
