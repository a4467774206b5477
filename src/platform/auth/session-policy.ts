import { Type } from 'typebox'
import { defineSetting } from '#platform/settings/hospital-settings.ts'

/** How often one account may be signed in at a time (requirements §8.5: once). */
export const sessionPolicy = defineSetting('session.policy', Type.Object({ single: Type.Boolean() }), { single: true })
