import { type Static, Type } from 'typebox'

/** A campaign as a choice in a list. */
export const CampaignItem = Type.Object({ id: Type.String(), name: Type.String(), state: Type.String() })
export type CampaignItem = Static<typeof CampaignItem>
