import { sql } from 'kysely'
import type { Ground, GroundTransaction } from '#platform/database/database.ts'
import '../acd/acd-tables.ts'
import '../supervision/supervision-tables.ts'

export async function teamsOf(
  db: Ground | GroundTransaction,
  userId: string,
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const { rows } = await sql<{ id: string; name: string }>`
    select t.id, t.name from team_supervisor o join team t on t.id = o.team_id
    where o.user_id = ${userId} order by t.name, t.id
  `.execute(db)
  return rows
}

export async function supervisesTeam(db: Ground, userId: string, teamId: string): Promise<boolean> {
  const { rows } = await sql`
    select from team_supervisor where user_id = ${userId} and team_id::text = ${teamId}
  `.execute(db)
  return rows.length > 0
}

/** Whether the seat's agent is in one of the supervisor's teams. */
export async function supervisesSeat(db: Ground, userId: string, seatId: string): Promise<boolean> {
  const { rows } = await sql`
    select from agent g join team_supervisor o on o.team_id = g.team_id
    where g.user_id = ${seatId} and o.user_id = ${userId}
  `.execute(db)
  return rows.length > 0
}
