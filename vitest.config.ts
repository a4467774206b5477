import { defineConfig } from 'vitest/config'

const postgres = './test/harness/global-postgres.ts'

/**
 * These stand on processes, sockets and sound of two shared cores: in CI a failed one is tried once more, and the report
 * names it. A test that needs its second try is a defect to look into, not a green one.
 */
const again = process.env.CI === 'true' ? 1 : 0

/** One process a file, one file at a time: these own ports, programs or the sound of a call. */
const serial = { pool: 'forks', fileParallelism: false, maxWorkers: 1, globalSetup: postgres, retry: again } as const

/** Whole houses with folders and ports of their own, which mostly wait for prompts to be heard: several at a time. */
const houses = ['test/chaos/**/*.test.ts', 'test/integration/main-job-*.test.ts']

const onRows = ['acd/seat-*', 'desk/*', 'face/*', 'follow-up/*'].map((where) => `test/integration/${where}.test.ts`)

/**
 * The projects, and the order in which `npm test` runs them: what is quick and tells most comes first.
 * `vitest run --project unit` runs one; `vitest run path/of/one.test.ts` one file.
 */
export default defineConfig({
  test: {
    passWithNoTests: true,
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
      // A database of its own each and nothing else: two at a time.
      { test: { ...integration(1), name: 'rows', include: onRows, maxWorkers: 2 } },
      {
        test: {
          ...integration(2),
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: [...onRows, ...houses],
        },
      },
      { test: { ...serial, name: 'contract', include: ['test/contract/**/*.test.ts'], ...patient(3) } },
      // The clients' own suites. Some of their cases wait for half a minute: several files at a time.
      {
        test: {
          name: 'peers',
          retry: again,
          include: ['test/peers/**/*.test.ts'],
          pool: 'forks',
          maxWorkers: 2,
          ...patient(4),
        },
      },
      {
        test: {
          name: 'chaos',
          retry: again,
          include: houses,
          pool: 'forks',
          maxWorkers: 3,
          globalSetup: postgres,
          ...patient(5),
          testTimeout: 240_000,
        },
      },
      { test: { ...serial, name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...patient(6) } },
    ],
  },
})

function integration(groupOrder: number) {
  return {
    pool: 'forks',
    globalSetup: postgres,
    retry: again,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    sequence: { groupOrder },
  } as const
}

function patient(groupOrder: number) {
  return { testTimeout: 120_000, hookTimeout: 120_000, sequence: { groupOrder } }
}
