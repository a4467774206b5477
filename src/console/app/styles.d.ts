import 'react'

declare module 'react' {
  interface CSSProperties {
    /** Colour of a mark, used by the style sheets. */
    '--mark'?: string
  }
}
