import { WarningOutlined } from '@ant-design/icons'
import { currentLanguage } from '../text/i18n.ts'
import { word } from '../text/word.ts'
import type { Finding } from './seat-api.ts'

/** Why an answer is marked; the words are the questionnaire's. */
export function FindingMark({ finding }: { readonly finding: Finding | undefined }) {
  if (finding === undefined) return null
  return (
    <p className="finding" data-finding={finding.level} role="status">
      <WarningOutlined aria-hidden /> {word('findingLevel', finding.level)}
      {currentLanguage() === 'zh' ? '：' : ': '}
      {finding.text[currentLanguage()]}
    </p>
  )
}
