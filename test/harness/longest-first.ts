import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take long beside others of their group, the longest first. */
const long = [
  ...['agent-killed', 'orderly-end', 'killed-early', 'servers-lost', 'embedded-postgres', 'postgres-gone'],
  ...['killed-writing', 'upgrade', 'main-job-baresip', 'drachtio-fsmrf', 'drachtio-srf'],
  ...['seat-webrtc', 'e2e/seat', 'softphone', 'e2e/accounts', 'e2e/floor', 'console-people', 'console-office'],
  ...['console-live', 'e2e/console', 'product', 'seat-call'],
  ...['contract/supervision', 'hand-over', 'contract/dial', 'browser-leg', 'chromium-leg', 'browser-seat', 'conference', 'room'],
  ...['integration/import', 'seat-model', 'follow-up/model', 'acd/seat-calls', 'acd/supervision'],
].map((name) => new RegExp(`(?:^|[-/])${name}\\.test\\.ts$`))

/**
 * A group is as long as what runs last in it: begun last, a long file runs alone while the other workers have nothing
 * to do. A clean clone has no times of earlier runs, and the size of a file says little of them.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => groupOf(a) - groupOf(b) || placeOf(a) - placeOf(b))
  }
}

function groupOf({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder
}

function placeOf({ moduleId }: TestSpecification): number {
  const at = long.findIndex((name) => name.test(moduleId))
  return at < 0 ? long.length : at
}
