import type { GroundTransaction } from '#platform/database/database.ts'

/** What follow-up does about stays that an import has written, in the import's transaction. */
export interface DischargeFollowUp {
  /**
   * Enrols new stays in the programmes that match them and makes their tasks.
   */
  enrol(tx: GroundTransaction, encounterIds: readonly string[]): Promise<void>
  /** Patients turned out to have died: their open tasks are over. */
  died(
    tx: GroundTransaction,
    deaths: readonly { readonly patientId: string; readonly on: string | null }[],
  ): Promise<void>
  /** Patients have other numbers: waiting tasks take their next number anew. */
  renumber(tx: GroundTransaction, patientIds: readonly string[]): Promise<void>
  /** The day of discharge was corrected: planned tasks move with it. */
  redate(tx: GroundTransaction, encounterIds: readonly string[]): Promise<void>
  /** Which of these stays are in no programme, with the reason; those with an active enrolment are not named. */
  excluded(tx: GroundTransaction, encounterIds: readonly string[]): Promise<ReadonlyMap<string, string>>
}
