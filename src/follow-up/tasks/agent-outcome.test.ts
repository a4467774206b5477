import { describe, expect, it } from 'vitest'
import type { Outcome } from '#contact-center/contact-center-tables.ts'
import { questionnaireOf, yesNo } from '../questionnaire/questionnaire-fixture.ts'
import { agentVerdict } from './agent-outcome.ts'

const questionnaire = questionnaireOf(
  yesNo('pain'),
  yesNo('much', { enableWhen: [{ question: 'pain', answer: { in: ['yes'] } }] }),
  yesNo('visit', { required: false }),
)
const none = { questionnaire: null, answers: {} }
const silent = { stated: null, agentLost: false, questionnaire, answers: {}, own: none }
const complete = { pain: 'no' }

describe('a talk counts as', () => {
  it.each([
    'partial',
    'callback',
    'refused',
    'wrong_person',
    'uncooperative',
    'deceased',
    'readmitted',
    'moved',
    'other',
  ] as const)('what the agent said of it: %s', (stated: Outcome) => {
    expect(agentVerdict({ ...silent, stated, answers: complete })).toEqual({
      outcome: stated,
      reason: null,
      owed: false,
    })
  })

  it.each(['done', 'proxy'] as const)(
    '"%s" with every required answer that applies, and as partial without',
    (stated) => {
      expect(agentVerdict({ ...silent, stated, answers: complete }).outcome).toBe(stated)
      expect(agentVerdict({ ...silent, stated, answers: { pain: 'yes' } }).outcome).toBe('partial')
      expect(agentVerdict({ ...silent, stated, answers: { pain: 'yes', much: 'no' } }).outcome).toBe(stated)
      expect(agentVerdict({ ...silent, stated, questionnaire: null }).outcome).toBe(stated)
    },
  )

  it.each(['done', 'proxy', null] as const)('no %s by another form that asks less than the task’s own', (stated) => {
    const other = { ...silent, stated, questionnaire: questionnaireOf(yesNo('visit')), answers: { visit: 'no' } }
    expect(agentVerdict({ ...other, own: { questionnaire, answers: { pain: 'yes' } } }).outcome).toBe(
      stated === null ? null : 'partial',
    )
    expect(agentVerdict({ ...other, own: { questionnaire, answers: complete } }).outcome).toBe(stated ?? 'done')
  })

  it('done when nobody said a word and the form is complete, and says that nobody did', () => {
    expect(agentVerdict({ ...silent, answers: complete })).toEqual({
      outcome: 'done',
      reason: 'outcome_open',
      owed: false,
    })
  })

  it('nothing when nobody said a word and something is missing, or there is no form at all', () => {
    const open = { outcome: null, reason: 'outcome_open', owed: false }
    expect(agentVerdict({ ...silent, answers: { pain: 'yes' } })).toEqual(open)
    expect(agentVerdict({ ...silent, questionnaire: null })).toEqual(open)
    expect(agentVerdict({ ...silent, questionnaire: questionnaireOf(yesNo('visit', { required: false })) })).toEqual(
      open,
    )
  })

  it('a call that is owed when the agent was lost, unless the form is complete or somebody said otherwise', () => {
    expect(agentVerdict({ ...silent, agentLost: true })).toEqual({ outcome: null, reason: 'agent_lost', owed: true })
    expect(agentVerdict({ ...silent, agentLost: true, answers: complete }).outcome).toBe('done')
    expect(agentVerdict({ ...silent, agentLost: true, stated: 'refused' })).toMatchObject({
      outcome: 'refused',
      owed: false,
    })
  })
})
