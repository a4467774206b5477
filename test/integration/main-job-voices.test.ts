/**
 * The hospital's own opening: uploaded and taken in the house, it is what the next patient hears over a real call and what
 * the recording keeps on the hospital's side.
 */
import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { hearSounds, openFlows, openQuestionnaires } from '../../src/app/prompts.ts'
import { importDischargeList } from '../../src/follow-up/intake/intake-service.ts'
import { systemActor } from '../../src/platform/audit/audit-store.ts'
import { callKept, openHospital } from '../chaos/hospital.ts'
import { startBaresip } from '../harness/baresip.ts'
import { hasProgram } from '../harness/programs.ts'
import { recorderWav } from '../harness/recorder-wav.ts'
import { readStereo } from '../harness/stereo.ts'
import { loudest, sine } from '../harness/tones.ts'
import { waitFor } from '../harness/wait-for.ts'

/** Hz of the recorded opening: not the patient's. */
const voice = 440
const patientTone = 600

it.skipIf(!hasProgram('baresip'))(
  'a patient hears the opening that the hospital has recorded, while the house that calls is open',
  async () => {
    await using opened = new AsyncDisposableStack()
    const baresip = await startBaresip({ frequency: patientTone, user: '+8619900000178' })
    opened.defer(() => baresip.close())
    const hospital = await openHospital({ patients: 1, trunk: { port: baresip.port } })
    opened.defer(() => hospital.close())
    const { ground, rows } = hospital
    await rows(sql`update task set state = 'stopped', reason = 'test'`)
    await hospital.open()
    const flows = openFlows(ground)
    const heard = await hearSounds(ground, flows)
    opened.defer(() => heard.close())
    const { workshop, voices } = openQuestionnaires(ground, flows)
    const text = '您好，这里是市一医院随访中心。'
    const bytes = recorderWav(sine(voice, 16_000), { rate: 8_000, channels: 1 })
    const { prompt } = await workshop.record(systemActor, { text, bytes })
    await voices.take(systemActor, 'opening', { own: prompt.id, seen: 0, reason: 'trial' })
    const discharged = new Date(Date.now() - 8 * 86_400_000).toISOString().slice(0, 10)
    const list = `住院号,姓名,联系电话,出院科室,出院时间\nCH78,测试甲,19900000178,骨科,${discharged}`
    await importDischargeList(ground, {
      fileName: 'voice.csv',
      content: { bytes: new TextEncoder().encode(list) },
      actor: systemActor,
    })
    await waitFor(async () => loudest(await baresip.heard(), voice) > 1_500, {
      what: 'the recorded opening at the patient’s ear',
      timeoutMs: 60_000,
    })
    // The notice follows, and is heard to its end.
    await waitFor(async () => (await baresip.heard()).length > 7 * 8_000, { what: 'the notice', timeoutMs: 60_000 })
    baresip.hangUp()
    const { path } = await callKept(hospital)
    const { left: patient, right: house } = await readStereo(path)
    expect(loudest(house, voice)).toBeGreaterThan(1_500)
    expect(loudest(patient, voice)).toBeLessThan(400)
  },
  240_000,
)
