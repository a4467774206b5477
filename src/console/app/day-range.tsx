import { DatePicker } from 'antd'
import dayjs from 'dayjs'

/** Days as the server takes them, `YYYY-MM-DD`; a side that is open is absent. */
export interface Days {
  readonly from?: string
  readonly to?: string
}

/** From one day to another, either side open. */
export function DayRange({
  labels,
  days,
  onChange,
}: {
  readonly labels: readonly [from: string, to: string]
  readonly days: Days
  readonly onChange: (days: Days) => void
}) {
  const [from, to] = labels
  return (
    <DatePicker.RangePicker
      aria-label={`${from} – ${to}`}
      placeholder={[from, to]}
      value={[days.from === undefined ? null : dayjs(days.from), days.to === undefined ? null : dayjs(days.to)]}
      allowEmpty={[true, true]}
      onChange={(chosen) => {
        const [first, last] = chosen ?? [null, null]
        onChange({
          ...(first ? { from: first.format('YYYY-MM-DD') } : {}),
          ...(last ? { to: last.format('YYYY-MM-DD') } : {}),
        })
      }}
    />
  )
}
