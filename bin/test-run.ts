import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { buildConsole } from './console-build.ts'
import { installDebianPackages } from './debian-packages.ts'
import { root, runProgram, say } from './program.ts'

interface Counts {
  passed: number
  failed: number
  skipped: number
}

/**
 * Everything that must hold before a change lands, quickest first; a step that fails does not keep the later ones from
 * telling what else is wrong. The last line on stdout is `N passed, N failed, N skipped`, where each check that is not
 * a test counts as one. With CI=true a skipped test is a failure.
 * @param filters given to vitest: files and options; then only tests run
 * @returns exit code
 */
export async function runTests(filters: readonly string[]): Promise<number> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  const missing = installDebianPackages()
  if (filters.length === 0) {
    await Promise.all(checks.map((lane) => countLane(counts, lane)))
  }
  await count(counts, 'console', () => buildConsole().then(() => 0))
  await runVitest(counts, filters)

  const isCi = process.env.CI === 'true'
  const skipsFail = isCi && (counts.skipped > 0 || missing.length > 0)
  if (skipsFail) say('CI=true: what is skipped counts as failed.')
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
  return counts.failed > 0 || skipsFail ? 1 : 0
}

type Check = readonly [name: string, run: () => Promise<number>]

/**
 * Two at a time, as most machines of a pipeline have two cores. Each tsc on one of them: with its own threads it checks
 * many files in each of them, 34 s of processor time in place of 22.
 */
const checks: readonly (readonly Check[])[] = [
  [['tsc', () => runProgram('tsc', ['-p', 'tsconfig.json', '--singleThreaded'])]],
  [
    ['biome', () => runProgram('biome', ['check', '--error-on-warnings', '.'])],
    ['tsc of the console', () => runProgram('tsc', ['-p', 'src/console/tsconfig.json', '--singleThreaded'])],
    ['dependency-cruiser', () => runProgram('depcruise', ['--config', '.dependency-cruiser.cjs', 'src', 'bin'])],
    ['knip', () => runProgram('knip', [])],
  ],
]

async function countLane(counts: Counts, lane: readonly Check[]): Promise<void> {
  for (const [name, check] of lane) await count(counts, name, check)
}

async function count(counts: Counts, name: string, check: () => Promise<number>): Promise<void> {
  const started = performance.now()
  const code = await check().catch((error: unknown) => {
    say(String(error))
    return 1
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  say(`${code === 0 ? '✓' : '✗'} ${name} (${seconds} s)`)
  counts[code === 0 ? 'passed' : 'failed'] += 1
}

async function runVitest(counts: Counts, filters: readonly string[]): Promise<void> {
  const report = join(root, '.cache/vitest.json')
  await mkdir(join(root, '.cache'), { recursive: true })
  await rm(report, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await runProgram('vitest', ['run', ...reporters, ...filters])
  const told = parseReport(await readFile(report, 'utf8').catch(() => '{}'))
  counts.passed += told.passed
  counts.skipped += told.skipped
  // A file that cannot be loaded, or an error outside every test, fails no test: it counts as one.
  counts.failed += told.failed === 0 && code !== 0 ? 1 : told.failed
}

function parseReport(text: string): Counts {
  const report: Record<string, unknown> = JSON.parse(text)
  const figure = (name: string) => (typeof report[name] === 'number' ? report[name] : 0)
  return {
    passed: figure('numPassedTests'),
    failed: figure('numFailedTests'),
    skipped: figure('numPendingTests') + figure('numTodoTests'),
  }
}
