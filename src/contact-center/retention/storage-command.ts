import { parseArgs } from 'node:util'
import { systemActor } from '#platform/audit/audit-store.ts'
import { changeDiskThresholds, readDiskThresholds } from '#platform/disk/disk-settings.ts'
import type { GroundFloor } from '#platform/ground.ts'
import { confirmDatabase } from '../restored/restored-watch.ts'
import { confirmGuard, retentionHold } from './retention-guard.ts'
import { approveRetention, changeRetention, standingRule } from './retention-service.ts'
import { previewOf } from './retention-store.ts'
import { checkStorage } from './storage-check.ts'
import { storageBoard } from './storage-service.ts'
import { removeStray, searchStrays } from './stray-service.ts'
import { listedStrays } from './stray-store.ts'

/** What is more is listed when these are gone. */
const namesAtMost = 200

const text = { type: 'string' } as const

/**
 * `storage [status | preview | check | strays … | rule … | approve --reason … | confirm … | disk …]`: what is kept, for how long, and the room
 * there is, at the server. Each change is an audit row.
 * @returns null for words that it does not know
 * @throws UserError of what it calls; nothing is changed then
 */
export async function storageCommand(
  ground: Pick<GroundFloor, 'db' | 'clock' | 'log'>,
  argv: readonly string[],
  folder: string,
): Promise<object | null> {
  const [word = 'status', ...args] = argv
  const { db, clock } = ground
  switch (word) {
    case 'status':
      return storageBoard({ db, folder })
    case 'preview': {
      const { rule, approval } = await standingRule(db)
      const { recordingDays } = rule
      return { recordingDays, approved: approval !== null, ...(await previewOf(db, recordingDays)) }
    }
    case 'check':
      return checkStorage({ db, folder }, clock.now())
    case 'strays':
      return straysCommand(ground, args, folder)
    case 'rule':
      return ruleCommand(ground, args)
    case 'approve': {
      const { values } = parseArgs({ args, options: { reason: text } })
      const reason = values.reason?.trim() ?? ''
      return reason === '' ? null : approveRetention(db, { actor: systemActor, reason })
    }
    case 'confirm': {
      const { values, positionals } = parseArgs({ args, options: { reason: text }, allowPositionals: true })
      const [what] = positionals
      const reason = values.reason?.trim() ?? ''
      if (reason === '') return null
      if (what === 'database') {
        await confirmDatabase(db, { actor: systemActor, reason })
        return { confirmed: what }
      }
      if (what !== 'folder' && what !== 'clock') return null
      await confirmGuard({ db, folder }, { actor: systemActor, what, reason })
      return { confirmed: what, hold: await retentionHold({ db, folder }) }
    }
    case 'disk':
      return diskCommand(ground, args)
    default:
      return null
  }
}

/** `storage strays [--remove <id> --reason <words>]`: searches first, and gives calls what is theirs. */
async function straysCommand(
  { db, clock, log }: Pick<GroundFloor, 'db' | 'clock' | 'log'>,
  args: string[],
  folder: string,
): Promise<object | null> {
  const { values } = parseArgs({ args, options: { remove: text, reason: text } })
  const { attached } = await searchStrays({ db, clock, log, folder })
  if (values.remove !== undefined) {
    const reason = values.reason?.trim() ?? ''
    if (reason === '') return null
    await removeStray({ db, folder }, { actor: systemActor, id: values.remove, reason })
  }
  return { attached, ...(await listedStrays(db, namesAtMost)) }
}

/** `storage rule [--recording-days 730] [--clinical-years 30] [--audit-months 36] [--reason <words>]` */
async function ruleCommand({ db }: Pick<GroundFloor, 'db'>, args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: { 'recording-days': text, 'clinical-years': text, 'audit-months': text, reason: text },
  })
  const { rule, version } = await standingRule(db)
  if (Object.keys(values).length === 0) return rule
  const to = {
    recordingDays: Number(values['recording-days'] ?? rule.recordingDays),
    clinicalYears: Number(values['clinical-years'] ?? rule.clinicalYears),
    auditMonths: Number(values['audit-months'] ?? rule.auditMonths),
  }
  return changeRetention(db, { actor: systemActor, to, reason: values.reason ?? null, basedOn: version })
}

/** `storage disk [--warn-gb 10] [--warn-percent 10] [--stop-gb 1] [--reason <words>]` */
async function diskCommand({ db }: Pick<GroundFloor, 'db'>, args: string[]): Promise<object> {
  const { values } = parseArgs({
    args,
    options: { 'warn-gb': text, 'warn-percent': text, 'stop-gb': text, reason: text },
  })
  const before = await readDiskThresholds(db)
  if (Object.keys(values).length === 0) return before
  const to = {
    warnGb: Number(values['warn-gb'] ?? before.warnGb),
    warnPercent: Number(values['warn-percent'] ?? before.warnPercent),
    stopGb: Number(values['stop-gb'] ?? before.stopGb),
  }
  return changeDiskThresholds(db, { actor: systemActor, to, reason: values.reason ?? null })
}
