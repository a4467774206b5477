import type { NodeKind } from '../node-kind.ts'
import { collectNode } from './collect-node.ts'
import { conditionNode } from './condition-node.ts'
import { hangupNode } from './hangup-node.ts'
import { menuNode } from './menu-node.ts'
import { playNode } from './play-node.ts'
import { setNode } from './set-node.ts'
import { transferNode } from './transfer-node.ts'

/** The kinds the contact center itself knows; register these and what higher storeys bring. */
export const ownKinds: readonly NodeKind[] = [
  playNode,
  menuNode,
  collectNode,
  conditionNode,
  setNode,
  transferNode,
  hangupNode,
]
