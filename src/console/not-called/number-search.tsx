import { Input } from 'antd'
import { useTranslation } from 'react-i18next'

/** A whole number: masked ones are not found by a part. */
export function NumberSearch({
  busy,
  onSearch,
}: {
  readonly busy: boolean
  readonly onSearch: (number: string) => void
}) {
  const { t } = useTranslation()
  return (
    <Input.Search
      aria-label={t('notCalled.number')}
      placeholder={t('notCalled.numberHint')}
      allowClear
      enterButton={t('notCalled.search')}
      maxLength={40}
      autoComplete="off"
      loading={busy}
      onSearch={(text) => onSearch(text.trim())}
    />
  )
}
