import type { Questionnaire } from './questionnaire.ts'

type Question = Questionnaire['questions'][number]

const text = (zh: string) => ({ zh, en: zh })

/** For tests: four steps with keys 1 to 4 and scores 100 to 0. */
export function scale(id: string, more: Partial<Extract<Question, { kind: 'single' }>> = {}): Question {
  const option = (code: string, key: string, score: number) => ({ code, label: text(code), key, score })
  return {
    id,
    kind: 'single',
    text: text(id),
    prompts: [`ask-${id}`],
    required: true,
    options: [option('best', '1', 100), option('good', '2', 75), option('fair', '3', 50), option('bad', '4', 0)],
    ...more,
  }
}

export function yesNo(id: string, more: Partial<Extract<Question, { kind: 'single' }>> = {}): Question {
  const options = [
    { code: 'yes', label: text('yes'), key: '1' },
    { code: 'no', label: text('no'), key: '2' },
  ]
  return { id, kind: 'single', text: text(id), prompts: [`ask-${id}`], required: true, options, ...more }
}

export function symptoms(id: string, more: Partial<Extract<Question, { kind: 'multiple' }>> = {}): Question {
  const option = (code: string, key: string) => ({ code, label: text(code), key, prompt: `pick-${code}` })
  return {
    id,
    kind: 'multiple',
    text: text(id),
    prompts: [`ask-${id}`],
    required: true,
    options: [option('fever', '1'), option('cough', '2'), { ...option('none', '3'), exclusive: true }],
    ...more,
  }
}

export function bloodPressure(id: string, more: Partial<Extract<Question, { kind: 'number' }>> = {}): Question {
  return { id, kind: 'number', text: text(id), prompts: [`ask-${id}`], required: true, min: 60, max: 260, ...more }
}

export function questionnaireOf(...questions: readonly Question[]): Questionnaire {
  return { id: 'test', version: 1, title: text('test'), questions: [...questions] }
}
