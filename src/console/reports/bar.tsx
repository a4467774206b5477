import type { ReactNode } from 'react'

/** One line of a bar chart made of plain elements: what, how much of the whole, and the number itself. */
export function Bar({
  label,
  share,
  color,
  children,
}: {
  readonly label: ReactNode
  /** 0 to 1. */
  readonly share: number
  readonly color: string
  readonly children: ReactNode
}) {
  return (
    <div className="report-bar">
      <span className="report-bar-label">{label}</span>
      <span className="report-bar-room" aria-hidden>
        <span style={{ width: `${share * 100}%`, background: color }} />
      </span>
      <span className="number report-bar-value">{children}</span>
    </div>
  )
}
