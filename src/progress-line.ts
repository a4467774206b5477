import { sql } from 'kysely'
import type { GroundFloor } from '#platform/ground.ts'
import { logError } from '#platform/log.ts'
import { streamChannel } from '#platform/realtime/stream-store.ts'

/** Often enough to be alive, seldom enough to cost nothing. */
const atMostEveryMs = 1_000

/**
 * One line on the terminal that says how far the day is: asked for when the rows change, never by a timer of its own.
 * On a terminal the line is written over; elsewhere each change is a line.
 */
export async function openProgressLine(
  ground: GroundFloor,
  output: NodeJS.WriteStream,
): Promise<{ close(): Promise<void> }> {
  const { db, listener, clock, log } = ground
  let told = ''
  let waiting = false
  let closed = false
  let telling: Promise<void> = Promise.resolve()
  const tell = async () => {
    const line = await progress(db)
    if (line === told || closed) return
    told = line
    output.write(output.isTTY ? `\r\x1b[2K${line}` : `${line}\n`)
  }
  const soon = () => {
    if (waiting || closed) return
    waiting = true
    clock
      .setTimeout(() => {
        waiting = false
        telling = tell().catch((error: unknown) => logError(log, error, 'the progress could not be told'))
      }, atMostEveryMs)
      .unref()
  }
  const heard = await listener.listen(streamChannel, { onPayload: soon, onResync: soon })
  soon()
  return {
    async close() {
      closed = true
      await heard.close()
      await telling
      if (output.isTTY) output.write('\n')
    },
  }
}

async function progress(db: GroundFloor['db']): Promise<string> {
  const { rows } = await sql<Record<string, number>>`
    select
      (select count(*)::integer from task where state in ('scheduled', 'retry_wait', 'callback') and due_at <= app_now()) as due,
      (select count(*)::integer from attempt where state in ('created', 'dialing', 'ringing')) as dialling,
      (select count(*)::integer from attempt where state in ('answered', 'bridged')) as in_survey,
      (select count(*)::integer from task where state = 'completed') as completed,
      (select count(*)::integer from task where state in ('failed', 'refused', 'partial', 'expired')) as failed
  `.execute(db)
  const { due = 0, dialling = 0, inSurvey = 0, completed = 0, failed = 0 } = rows[0] ?? {}
  return `待拨 due ${due} · 拨号中 dialling ${dialling} · 问卷中 in survey ${inSurvey} · 完成 completed ${completed} · 未成 failed ${failed}`
}
