import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { saveLacks } from '../../src/follow-up/programmes/lack-store.ts'
import type { ProgrammeCard } from '../../src/follow-up/programmes/programme-schema.ts'
import { appendToStream } from '../../src/platform/realtime/stream-store.ts'
import { hasChromium } from '../harness/chromium.ts'
import { atBothWidths, useConsole } from './fixture/console.ts'

describe.skipIf(!hasChromium)('a programme that dials nobody now, in Chromium', () => {
  const office = useConsole()

  it('says why, and when it goes on', async () => {
    const { stage, hospital } = office
    const { db } = stage.database
    // By agents: whether the questionnaire can be asked by keys is another matter.
    await sql`insert into team (id, site_id, name) values (new_id(), ${hospital.siteId}, '随访组')`.execute(db)
    await sql`update campaign set pacing = 'progressive', team_id = (select id from team)`.execute(db)
    await sql`update task set due_at = app_now() + interval '1 day'`.execute(db)
    const path = `/programmes/${hospital.programmeId}`
    const { page, complaints } = await stage.enter(['supervisor'], { path })
    const still = page.locator('[data-notice=still]')
    await still.locator('[data-reason=not_due]').getByText('12').waitFor()
    const card: ProgrammeCard = await (await page.request.get(`${stage.face.url}/api${path}`)).json()
    // The hospital's clock: eight hours ahead of Greenwich.
    const at = new Date(Date.parse(card.dialling?.goesOnAt ?? '') + 8 * 3_600_000)
    const shown = at.toISOString().slice(0, 16).replace('T', ' ')
    expect(await still.textContent()).toContain(`现在不拨打；${shown} 起自动继续。`)
    await atBothWidths(page, 'programme-still-zh')
    expect(complaints).toEqual([])
  })

  it('says that a sound of its keypress survey is lost, and no more once that is back', async () => {
    const { stage, hospital } = office
    const { db } = stage.database
    await sql`update campaign set pacing = 'agentless', team_id = null`.execute(db)
    await sql`update task set due_at = app_now() - interval '1 hour'`.execute(db)
    const lacks = [{ programmeId: hospital.programmeId, reason: 'sound_lost' as const, what: ['test 1: own-x'] }]
    await db.transaction().execute((tx) => saveLacks(tx, 'node-a', lacks))
    const { page, shell } = await stage.enter(['supervisor'], { path: `/programmes/${hospital.programmeId}` })
    const missing = page.locator('[data-missing=sound_lost]')
    await missing.getByText('声音文件丢失').waitFor()
    await page.locator('[data-reason=sound_lost]').waitFor()
    await atBothWidths(page, 'programme-sound-lost-zh')
    await shell.switchLanguage()
    await missing.getByText('is lost').waitFor()
    await atBothWidths(page, 'programme-sound-lost-en')
    await db.transaction().execute(async (tx) => {
      await saveLacks(tx, 'node-a', [])
      const payload = { programmeId: hospital.programmeId }
      await appendToStream(tx, 'live', [{ type: 'programme.changed', payload }])
    })
    await missing.waitFor({ state: 'detached' })
  })
})
