/** Whether there is a whole recording to hear. */
export function isAudible(state: string): boolean {
  return ['closed', 'verified', 'stored', 'held', 'damaged'].includes(state)
}
