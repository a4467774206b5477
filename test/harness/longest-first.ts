import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take long beside others of their group, the longest first. */
const long = [
  ...['agent-killed', 'orderly-end', 'killed-early', 'servers-lost', 'embedded-postgres', 'postgres-gone'],
  ...['killed-writing', 'upgrade', 'main-job-baresip', 'drachtio-fsmrf', 'drachtio-srf'],
  ...['killed-in-call', 'main-job-own-prompts', 'main-job-voices', 'paused'],
  ...['seat-webrtc', 'e2e/seat', 'e2e/accounts', 'softphone', 'e2e/floor', 'softphone-asked', 'e2e/product'],
  ...['e2e/questionnaires', 'seat-call', 'e2e/quality', 'seat-product', 'console-people', 'programmes'],
  ...['console-live', 'console-office', 'e2e/voices', 'e2e/console', 'e2e/setup'],
  ...['contract/supervision', 'hand-over', 'browser-leg', 'contract/dial', 'conference', 'browser-seat'],
  ...['chromium-leg', 'room', 'contract/call', 'integration/carrier', 'media-channel', 'event-socket-apis'],
  ...['seat-leg', 'browser-phone', 'conference-matrix', 'browser-gateway', 'desk-phone', 'media-baresip'],
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
