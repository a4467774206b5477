import { Button, Select } from 'antd'
import { useTranslation } from 'react-i18next'

/** Below a list that is read page by page, each from where the last ended. A way that leads nowhere is `null`. */
export function Pager({
  total,
  first,
  onFirst,
  onPrevious,
  onNext,
  size,
}: {
  /** How many there are in all, said in words; absent while it is not known. */
  readonly total?: string | undefined
  /** What the first page is called: the newest, the next to be called. */
  readonly first: string
  readonly onFirst: (() => void) | null
  readonly onPrevious: (() => void) | null
  readonly onNext: (() => void) | null
  readonly size?: { readonly limit: number; readonly onLimit: (limit: number) => void }
}) {
  const { t } = useTranslation()
  const ways = [
    [first, onFirst],
    [t('calls.previous'), onPrevious],
    [t('calls.next'), onNext],
  ] as const
  return (
    <div className="pager">
      <span className="muted number">{total}</span>
      <span className="fill" />
      {ways.map(([text, go]) => (
        <Button key={text} disabled={go === null} onClick={() => go?.()}>
          {text}
        </Button>
      ))}
      {size !== undefined && (
        <Select
          aria-label={t('calls.pageSize', { size: '' })}
          value={size.limit}
          onChange={size.onLimit}
          options={[20, 50, 100].map((value) => ({ value, label: t('calls.pageSize', { size: value }) }))}
        />
      )}
    </div>
  )
}
