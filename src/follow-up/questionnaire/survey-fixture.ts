import type { FlowWorld } from '#contact-center/ivr/flow.ts'
import { anyPrompts, flowOf, Rehearsal, testWorld } from '#contact-center/ivr/flow-fixture.ts'
import type { Variables } from '#contact-center/ivr/json.ts'
import { isJson } from '#contact-center/ivr/json.ts'
import type { Answers, Questionnaire } from './questionnaire.ts'
import { surveyKind } from './survey-node.ts'

const menuParts = {
  noInput: { prompts: ['no-input'] },
  invalid: { prompts: ['invalid'] },
  tooMany: { next: 'unfinished' },
}

/** For tests: notice, identity, survey, thanks. */
export const surveyFlow = flowOf(
  {
    opening: { kind: 'play', prompts: ['notice'], next: 'identity' },
    identity: {
      kind: 'menu',
      prompts: ['identity'],
      options: [{ key: '1', label: { zh: '本人', en: 'patient' }, respondent: 'patient', next: 'survey' }],
      ...menuParts,
    },
    survey: {
      kind: 'survey',
      questionnaire: 'test',
      next: 'thanks',
      ...menuParts,
      readBack: { before: ['you-chose'], confirm: ['is-that-right'] },
    },
    thanks: { kind: 'hangup', outcome: 'done', prompts: ['thanks'] },
    unfinished: { kind: 'hangup', outcome: 'unfinished', prompts: ['sorry'] },
    refused: { kind: 'hangup', outcome: 'refused', prompts: ['refused'] },
  },
  { optOut: { prompts: ['sure'], next: 'refused' } },
)

/** Each prompt says every label and key there is, so that the check of spoken keys is content. */
const spoken = anyPrompts()

export function surveyWorld(questionnaire: unknown): FlowWorld {
  return testWorld({
    extraKinds: [surveyKind((id) => (id === 'test' ? questionnaire : undefined))],
    prompts: { ...spoken, text: () => undefined },
  })
}

/** A call in which the patient has said who they are; its first question plays. */
export function survey(questionnaire: Questionnaire, { answers }: { readonly answers?: Answers } = {}): Rehearsal {
  const variables: Variables = isJson(answers) ? { answers } : {}
  return new Rehearsal(surveyFlow, { world: surveyWorld(questionnaire), variables }).hear().press('1')
}
