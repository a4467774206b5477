import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/harness/longest-first.ts'

// As production has it (bin/run.ts): of the three seconds of processor time that a house takes to open, the compiling of
// its files is one, and its softswitch's is most of another.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '.cache/compile')

const postgres = './test/harness/global-postgres.ts'

/**
 * These stand on processes, sockets and sound of two shared cores: in CI a failed one is tried once more, and the report
 * names it. A test that needs its second try is a defect to look into, not a green one.
 */
const again = process.env.CI === 'true' ? 1 : 0

/**
 * Tests of the wire and of the contract mostly listen: four at a time left a third of two cores idle. On the real pair
 * one file at a time: there is one pair.
 */
const listeners = process.env.SWITCH === 'real' ? 1 : 5

/** Whole houses, and programs with folders of their own, which mostly wait for prompts to be heard or for each other. */
const houses = [
  'test/chaos/**/*.test.ts',
  'test/integration/main-job-*.test.ts',
  ...['database-away', 'embedded-postgres', 'import-command', 'launcher', 'process-harness'].map(integrationTest),
]

/** They hear and are heard: telephones, servers and patients as processes, with ports of their own. */
const wires = [
  ...['acd/desk-phone', 'acd/hand-over', 'browser-*', 'carrier', 'conference', 'drachtio-*'],
  ...['event-socket', 'media-*', 'sip-*', 'softswitch-*', 'telephony-*'],
].map(integrationTest)

/**
 * The projects, and the order in which `npm test` runs them: what is quick and tells most comes first.
 * `vitest run --project unit` runs one; `vitest run path/of/one.test.ts` one file.
 */
export default defineConfig({
  test: {
    passWithNoTests: true,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          pool: 'forks',
          isolate: false,
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'rows',
          include: ['test/integration/**/*.test.ts'],
          exclude: [...wires, ...houses],
          ...files(1, { maxWorkers: 2, limitMs: 60_000 }),
        },
      },
      { test: { name: 'wire', include: wires, ...files(2, { maxWorkers: listeners, limitMs: 60_000 }) } },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          ...files(2, { maxWorkers: listeners, limitMs: 120_000 }),
        },
      },
      {
        test: {
          name: 'chaos',
          include: houses,
          ...files(3, { maxWorkers: 4, limitMs: 120_000 }),
          isolate: true,
          testTimeout: 240_000,
        },
      },
      // The clients' own suites. Some of their cases wait for half a minute: beside the houses, which wait as well.
      {
        test: {
          name: 'peers',
          include: ['test/peers/**/*.test.ts'],
          ...files(3, { maxWorkers: 4, limitMs: 120_000 }),
          isolate: true,
        },
      },
      // One more than cores: what one of them waits for, two others do not.
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...files(4, { maxWorkers: 3, limitMs: 120_000 }) } },
    ],
  },
})

function integrationTest(name: string): string {
  return `test/integration/${name}.test.ts`
}

/**
 * So many processes, each of which takes the next file when it has done with one, and keeps the modules it has loaded:
 * of a house they are two thousand, 1.6 s of processor time in each new process. What a file opens is its own all the
 * same, and it ends what it began: no module remembers anything of a test.
 * @param limitMs of a test and of a hook, on a machine with other work
 */
function files(groupOrder: number, { maxWorkers, limitMs }: { readonly maxWorkers: number; readonly limitMs: number }) {
  return {
    pool: 'forks',
    isolate: false,
    globalSetup: postgres,
    retry: again,
    maxWorkers,
    testTimeout: limitMs,
    hookTimeout: limitMs,
    sequence: { groupOrder },
  } as const
}
