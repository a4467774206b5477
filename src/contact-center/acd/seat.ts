/** What the person at the seat has chosen (vocabulary: seat status). */
export type SeatStatus = 'signed_out' | 'available' | 'on_break' | 'away' | 'signing_out'

/** What calls make of the seat (vocabulary: seat state). `unreachable`: no leg of a phone is up, so no call is offered. */
export type SeatState =
  | 'unreachable'
  | 'idle'
  | 'previewing'
  | 'reserved'
  | 'ringing'
  | 'talking'
  | 'holding'
  | 'wrap_up'

/** A phone on a desk is rung; a page in a browser is a phone that calls in. */
export type PhoneKind = 'desk' | 'browser'

/** What a person may ask for by name; the two others are reached by signing in and out. */
export type ChosenStatus = 'available' | 'on_break' | 'away'

const along: readonly SeatStatus[] = ['available', 'on_break', 'away']

/**
 * The legal moves from one chosen status to another, in order: `available ⇄ on_break ⇄ away`, so that away is reached
 * and left by way of a break. Empty when it has the status already; null when there is no way (signed out, signing out).
 */
export function statusPath(from: SeatStatus, to: ChosenStatus): readonly SeatStatus[] | null {
  const start = along.indexOf(from)
  const end = along.indexOf(to)
  if (start < 0) return null
  return start <= end ? along.slice(start + 1, end + 1) : along.slice(end, start).reverse()
}

/** The statuses from which one legal move leads to another one. */
export function oneMoveFrom(to: ChosenStatus): readonly SeatStatus[] {
  return along.filter((from) => statusPath(from, to)?.length === 1)
}

/** Whether a command from this page is taken: before the first opening everybody's is. */
export function isItsPage(holder: string | null, page: string | null): boolean {
  return holder === null || holder === page
}

/** States in which a call or its after-call work occupies the seat: a sign-out waits for its end. */
export function isBusy(state: SeatState): boolean {
  return state !== 'idle' && state !== 'unreachable'
}

/** Default of after-call work; the agent may extend it (requirements A10). */
export const wrapUpSeconds = 60
/** More than this in one call is no after-call work. */
export const longestExtensionSeconds = 900
