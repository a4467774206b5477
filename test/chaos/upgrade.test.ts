import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordingsFolder } from '../../src/app/recordings.ts'
import { RecordingOpening } from '../../src/contact-center/recording/recording-opening.ts'
import { markName } from '../../src/contact-center/retention/retention-guard.ts'
import { systemActor } from '../../src/platform/audit/audit-store.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { openEmbeddedPostgres } from '../../src/platform/database/embedded-postgres.ts'
import { migrate, migrationsFolder } from '../../src/platform/database/migrate.ts'
import { openGround } from '../../src/platform/ground.ts'
import { silentLog } from '../../src/platform/log.ts'
import { readSettings } from '../../src/platform/settings/settings.ts'
import { testFolder } from '../harness/folder.ts'
import { startProcess } from '../harness/process.ts'
import { waitFor } from '../harness/wait-for.ts'

interface Release {
  /** Of its file. */
  readonly name: string
  readonly lastMigration: string
  readonly key: string
  readonly tables: Readonly<Record<string, readonly Record<string, unknown>[]>>
}

describe('a landed migration', () => {
  // SHA-256 of the files as they landed. A change to the schema is a new file.
  it.each([
    ['0001-ground.ts', '98213329ad5cb57408bc7a34b78364d5e3294c6b4ed280098117c18640fac568'],
    ['0002-contact-center.ts', 'c1f595c9d9aaa0ed1c1ffaa7327f0cb41ed9a4e063379d99d00cae199a77eafd'],
    ['0003-follow-up.ts', '2b288d46c83329c9836186700e8e7e7bd015bc873a7667e5ebc76a729990108e'],
    ['0004-linear-gate.ts', '174851daa733bbb9ff54572b2b65b4eaa3c760d9d187259454e57384a5285bae'],
    ['0005-agents.ts', '4dbc842779ad9111b12f4bdec22aef444c6271d21c7efb7771b01313c866d4ec'],
    ['0006-desk.ts', '93b16840bc3c00d54c6ffbc0c4fae7be49ec5078cc5a6494cfb0cde8f0d4a7e0'],
    ['0007-register-nonce.ts', 'bfb4c9bd25cf1bf885f982d6473bebfd116a1dd0f680403917a14c6c1f7c27bd'],
    ['0008-claim-cost.ts', 'a25fb9446ef4d8a3e4af0785bf77018d67560fe72a8a535983c9ab98d868a206'],
    ['0009-browser-phone.ts', '6b40f7bed4df39f6e817dbe471f2e0da225df9333a6da8d1acbb176da40b4a63'],
    ['0010-supervision.ts', '36dcf46be3a3229e6b507f2986d89591da45b140b7f9bb2ba3a45572f7939581'],
    ['0011-queues.ts', '6a15454ab1d83ae9bc8ecbbf70d3abb5ac8090d81fa1c60ac3c6ea573a7542c2'],
    ['0012-quality.ts', '017ce17be13b04ce20a4d640f9e99259bf4e7926a17ec98152086410bd0aa175'],
    ['0013-desk.ts', '4ebabc55398d4b4e5ba87637744b86a177245218a401cf933bc1469f6224be53'],
    ['0014-supervision-locks.ts', 'e2391d61c72404fd6ab4739cfa4571ea7fe22422b51c5ff4a097b8899df5d16d'],
    ['0015-call-quality.ts', '6d813ae878c695b8edc6be1e40c9d42048e360562a92ada4e11600191070a423'],
    ['0016-accounts.ts', '51b65d978af90106d3af22007b38c86906ad4f8297280dfbe92e9af3752df954'],
    ['0017-claim.ts', '6c4fd1a8e62c30c6512e285607bb0187cc3aeeb7ea938e8eaef6a657de07384f'],
    ['0018-barred-numbers.ts', 'a6cfe9a0a2f2736c24bb9dc4017da828038b263cb6ae396ad8de4dafb2d0c2cc'],
    ['0019-gate.ts', 'b6b0d7d35c9f5064b231f127aac8b8f149738ed3304f764ba4bddfa8a7fa564b'],
    ['0020-worklist.ts', '4eb140f90b31a8724414920d720fa286d95c2d621068b3b24bfc84cedd2867ad'],
    ['0021-people.ts', '7e62efa2caaf8e6aa839a3c53728d4d0ab07a15e1d00336bbb656b57c650e00a'],
    ['0022-keeping.ts', 'b0bf3f731c12d2a03ea649e8fcf50b6193d7418e024e80ae4fb979a554fb1577'],
    ['0023-reports.ts', '617151ce32241a756862bb1c9abfb9c23cd91f2a0d11f8b3368e4254461637c6'],
    ['0024-setup.ts', '6c5cfe6e086dca5cb2d260c8b1614f9f37b0c4487442fcc865c1b69f5d099034'],
    ['0025-programmes.ts', 'b997bcf0e38c9f48d10915d8098135ab4ac0ca3e0b990186d145c74d1632d300'],
    ['0026-questionnaires.ts', '03e2709f6cdfb9faacafe706254d254fdf66863e2e34471dbb0e1c2702d3ded5'],
    ['0027-strays.ts', '5695ed5709b604f49c9541986b8af9fe3a7d3f9cdc028786768bae86c49afb6e'],
    ['0028-voices.ts', '67cb702872c5c56f58362993c62a5c431087e5eb10d32fa9824c5b2f32ef95c8'],
    ['0029-forms.ts', '139a05c4a82491b81d192a3577f152b9966a2934261d0239de66117b1dbe4e73'],
    ['0030-claim.ts', '2cc50f39caca47801aec3c013494a01c5c54e2c7ccf2de2020cc1be738b7a295'],
    ['0031-claim.ts', 'bbf347ca7ee18ceb8c9920bc547c0b95cdb851d4990a2d1752d5c1a3d6a2e4c0'],
    ['0032-holds.ts', '1e334797e5a8f846846535e7f326783a97a680dcf3c8a35cc3884ff5fa883bf1'],
  ])('%s is what it was when it landed', async (name, landed) => {
    const text = await readFile(join(migrationsFolder, name))
    expect(createHash('sha256').update(text).digest('hex')).toBe(landed)
  })
})

// At the same time: each mostly waits for prompts to be heard.
describe.concurrent('a data folder of an earlier release', async () => {
  const releases = await keptReleases()
  const schemas = new AsyncDisposableStack()
  const folders = new Map<Release, string>()
  beforeAll(async () => {
    let earlier: string | undefined
    for (const release of releases) {
      const folder = await testFolder()
      schemas.defer(() => folder.close())
      await makeSchema(folder.path, { release, earlier })
      folders.set(release, folder.path)
      earlier = folder.path
    }
  })
  afterAll(() => schemas.disposeAsync())

  it.each(releases.map((release) => [release.name, release] as const))(
    '%s is opened by this one, keeps every row and goes on dialling',
    async (_, release) => {
      await using opened = new AsyncDisposableStack()
      const dataDir = folders.get(release) ?? ''
      const heard = (release.tables.recording ?? []).find(({ state }) => state === 'verified')
      const sound = await readFile('ivr-flows/prompts/zh-CN/recording-notice.wav')
      if (heard !== undefined) heard.sha256 = `\\x${createHash('sha256').update(sound).digest('hex')}`
      await layDown(release, dataDir)
      const place = join(recordingsFolder(dataDir), ...String(heard?.path).split('/').slice(-2))
      await mkdir(dirname(place), { recursive: true })
      await writeFile(place, sound)
      // The folder came along with the rows, and so did the mark that they know it by: without it no call begins.
      const [guard] = release.tables.retention_guard ?? []
      if (guard !== undefined) {
        await writeFile(join(recordingsFolder(dataDir), markName), `${guard.folder_id}\n`)
      }

      const env = { SUIFANG_DATA: dataDir, PORT: '0' }
      const house = await startProcess([process.execPath, 'src/main.ts'], {
        env,
        ready: /Console.*: (http\S+)/,
        readyTimeoutMs: 60_000,
      })
      opened.defer(async () => void (await house.close()))
      const ground = await openGround({ settings: readSettings(env), log: silentLog, as: 'guest', maxConnections: 2 })
      opened.defer(() => ground.close())
      const count = async (what: ReturnType<typeof sql>): Promise<number> => {
        const { rows } = await sql<{ count: number }>`select count(*)::integer as count from ${what}`.execute(ground.db)
        return rows[0]?.count ?? 0
      }

      const kept = ['patient', 'phone_number', 'encounter', 'task', 'questionnaire_version']
      for (const table of kept) expect(await count(sql.table(table)), table).toBe(release.tables[table]?.length)
      // Who held two administrators' roles is split into accounts of one each (0012): more there may be, gone is nobody.
      for (const { id } of release.tables.user_account ?? []) {
        expect(await count(sql`user_account where id = ${id}`), 'an account').toBe(1)
      }
      // Named by whole paths of another machine (before 0022), and found in this folder.
      const recordings = await ground.db.selectFrom('recording').select(['id', 'path']).execute()
      const nameOf = new Map(recordings.map(({ id, path }) => [id, path]))
      for (const { id, path } of release.tables.recording ?? []) {
        if (typeof path !== 'string') continue
        expect(nameOf.get(String(id))).toBe(path.split('/').slice(-2).join('/'))
      }
      const opening = new RecordingOpening({
        db: ground.db,
        clock: systemClock,
        log: silentLog,
        folder: recordingsFolder(dataDir),
        ticketKey: randomBytes(32),
      })
      const played = await opening.open(systemActor, String(heard?.id), { purpose: 'play' })
      expect(played).toMatchObject({ state: 'verified', intact: true })
      const answers = release.tables.answer?.length ?? 0
      const attempts = release.tables.attempt?.length ?? 0
      await waitFor(async () => (await count(sql.table('answer'))) > answers, {
        timeoutMs: 90_000,
        what: 'an answer given to this release',
      })
      expect(await count(sql.table('attempt'))).toBeGreaterThan(attempts)
    },
  )
})

/** Oldest first. */
async function keptReleases(): Promise<readonly Release[]> {
  const folder = join(import.meta.dirname, '../fixtures/releases')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json.gz')).toSorted()
  return Promise.all(
    names.map(async (name) => ({
      ...JSON.parse(gunzipSync(await readFile(join(folder, name))).toString('utf8')),
      name,
    })),
  )
}

/** An empty database under the migrations of that release: the one before it is copied and moved on, as it was at the time. */
async function makeSchema(
  dataDir: string,
  { release, earlier }: { readonly release: Release; readonly earlier: string | undefined },
): Promise<void> {
  if (earlier !== undefined) await promisify(execFile)('cp', ['-a', `${earlier}/.`, dataDir])
  const server = await openEmbeddedPostgres({ dataDir, durability: 'none' })
  try {
    await migrate({ ownerUrl: server.ownerUrl, upTo: release.lastMigration })
  } finally {
    await server.close()
  }
}

/** What that release left in a folder with its schema: its rows and its key. */
async function layDown(release: Release, dataDir: string): Promise<void> {
  const server = await openEmbeddedPostgres({ dataDir, durability: 'none' })
  try {
    const client = new pg.Client({ connectionString: server.urlOf('suifang_super', 'suifang') })
    await client.connect()
    await client.query('set session_replication_role = replica')
    await client.query(`truncate ${Object.keys(release.tables).join(', ')} cascade`)
    for (const [table, kept] of Object.entries(release.tables)) {
      // As one that no house has counted on: the folder it is laid into is not the one that its house remembered it in.
      const rows = table === 'database_mark' ? kept.map((row) => ({ ...row, moved_at: null })) : kept
      const { rows: columns } = await client.query<{ name: string }>(
        `select quote_ident(column_name) as name from information_schema.columns
         where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position`,
        [table],
      )
      const list = columns.map(({ name }) => name).join(', ')
      await client.query(
        `insert into ${table} (${list}) overriding system value
         select ${list} from json_populate_recordset(null::${table}, $1)`,
        [JSON.stringify(rows)],
      )
    }
    // Identities go on after the last; and what was due then has not expired since.
    await client.query(`
      do $$ declare c record; begin
        for c in select table_name as t, column_name as k from information_schema.columns
          where table_schema = 'public' and is_identity = 'YES' loop
          execute format('select setval(pg_get_serial_sequence(%L, %L), greatest((select max(%I) from %I), 1))', c.t, c.k, c.k, c.t);
        end loop;
      end $$;
      select setval('audit_row_id', (select max(id) from audit_row));
      update task set expires_at = now() + interval '30 days' where state in ('scheduled', 'retry_wait', 'callback');
      -- One answer is waited for: not twenty calls at once in each of these houses, a third of what they took.
      update trunk set lines = 4;`)
    await client.end()
  } finally {
    await server.close()
  }
  await writeFile(join(dataDir, 'secret.key'), `${release.key}\n`, { mode: 0o600 })
}
