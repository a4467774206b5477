import pg from 'pg'
import type { PostgresLogin } from './postgres-login.ts'

/**
 * Makes the two roles and the database, if they are not there: `suifang_owner` owns the database, `suifang_app` may
 * connect and gets from the migrations what it may touch. Safe to repeat; a crash half-way is healed by the next start.
 * @param superUrl address of the superuser in database `postgres`
 */
export async function makeRoles(superUrl: string, login: PostgresLogin, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: superUrl, connectionTimeoutMillis: 10_000, query_timeout: 30_000 })
  client.on('error', () => {}) // the query that runs tells it
  await client.connect()
  try {
    for (const role of ['suifang_owner', 'suifang_app'] as const) {
      const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role])
      if (rowCount === 0) await client.query(`create role ${role} login password ${client.escapeLiteral(login[role])}`)
    }
    const name = client.escapeIdentifier(database)
    const { rowCount } = await client.query('select from pg_database where datname = $1', [database])
    if (rowCount === 0) await client.query(`create database ${name} owner suifang_owner`)
    await client.query(`revoke all on database ${name} from public`)
    await client.query(`grant connect, temporary on database ${name} to suifang_app`)
  } finally {
    await client.end()
  }
}
