/**
 * Bench `import`: how long a list of 10,000 patients takes from the file to the last commit, on a fresh database with
 * the default durability. `--json` ends stdout with one line {rows, seconds}; everything else goes to stderr.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { type IntakeParts, importDischargeList } from '../../src/follow-up/intake/intake-service.ts'
import { ensureStandardHospital } from '../../src/follow-up/intake/standard-hospital.ts'
import { systemActor } from '../../src/platform/audit/audit-store.ts'
import { frozenClock } from '../../src/platform/clock.ts'
import { openDatabase } from '../../src/platform/database/database.ts'
import { openEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { migrate } from '../../src/platform/database/migrate.ts'
import { silentLog } from '../../src/platform/log.ts'
import { openSecrets } from '../../src/platform/secrets.ts'
import { asGb18030, asWorkbook, dirtyRows } from './import-list.ts'

const ROWS = 10_000
const BOUND_SECONDS = 10
const now = new Date('2026-11-20T12:00:00+08:00')
const say = (text: string) => void process.stderr.write(`${text}\n`)

await using opened = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'suifang-bench-import-'))
opened.defer(() => rm(folder, { recursive: true, force: true }))
const server = await openEmbeddedPostgres({ dataDir: folder })
opened.defer(() => server.close())
await migrate({ ownerUrl: server.ownerUrl })
const db = openDatabase({ url: server.url, now })
opened.defer(() => db.destroy())
await ensureStandardHospital(db)
const parts: IntakeParts = { db, secrets: await openSecrets(folder), clock: frozenClock(now), log: silentLog }

say(
  `Machine: ${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GB, load ${loadavg()[0]?.toFixed(1)}; Node ${process.version}, embedded Postgres, default durability`,
)
say(
  `Method: ${ROWS} dirty rows each, from reading the file to the last commit, tasks included; patients new, then the same file again`,
)

const csv = await imported('text, GB18030', 'list.csv', asGb18030(dirtyRows(ROWS, 'ZY')))
await imported('the same file again', 'list.csv', null)
const xlsx = await imported('workbook', 'list.xlsx', asWorkbook(dirtyRows(ROWS, 'WB')))

const seconds = Math.round(Math.max(csv, xlsx) * 1000) / 1000
say(`${ROWS} rows in ${seconds} s (the slower kind of file); bound ${BOUND_SECONDS} s`)
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ rows: ROWS, seconds })}\n`)
if (seconds > BOUND_SECONDS) process.exitCode = 1

/** @returns seconds */
async function imported(kind: string, name: string, bytes: Uint8Array | null): Promise<number> {
  const path = join(folder, name)
  if (bytes) await writeFile(path, bytes)
  const began = performance.now()
  const { report } = await importDischargeList(parts, { fileName: name, content: { path }, actor: systemActor })
  const took = (performance.now() - began) / 1000
  const { excluded, rejected, ...counts } = report
  say(
    `  ${kind}: ${took.toFixed(2)} s  ${JSON.stringify({ ...counts, excluded: excluded.length, rejected: rejected.length })}`,
  )
  if (report.read !== ROWS) throw new Error(`read ${report.read} rows of ${ROWS}`)
  return took
}
