import { Empty } from 'antd'

/** Of a table without rows: that it is so, and what to make of it. */
export function Nobody({ text, next }: { readonly text: string; readonly next: string }) {
  return (
    <Empty
      image={Empty.PRESENTED_IMAGE_SIMPLE}
      description={
        <>
          {text}
          <div className="muted">{next}</div>
        </>
      }
    />
  )
}
