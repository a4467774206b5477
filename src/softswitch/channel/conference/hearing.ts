/** Who hears whom in a conference, from what each member may do and from the relations between two of them. */

/** What a relation leaves to its owner towards one other member; 0 in its place means everybody. */
export interface Relation {
  /** The other one hears the owner. */
  readonly speak: boolean
  /** The owner hears the other one. */
  readonly hear: boolean
}

export interface HearingMember {
  readonly id: number
  /** False: muted, or held. */
  readonly canSpeak: boolean
  /** False: deaf. */
  readonly canHear: boolean
  /** By the other member's id. */
  readonly relations: ReadonlyMap<number, Relation>
}

/**
 * Whether `listener` hears `speaker`, as the mixing loop of mod_conference decides it. A relation of the speaker that
 * forbids speaking wins; one of the listener that forbids hearing is asked next.
 */
export function hears(listener: HearingMember, speaker: HearingMember): boolean {
  if (listener.id === speaker.id || !listener.canHear || !speaker.canSpeak) return false
  return speaker.relations.get(listener.id)?.speak !== false && listener.relations.get(speaker.id)?.hear !== false
}
