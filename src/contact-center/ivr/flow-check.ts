import type { Flow, FlowWorld } from './flow.ts'
import { type Finding, fault, pointer, under, warning } from './flow-finding.ts'
import type { Exit, FlowNode } from './node-kind.ts'

/**
 * What is wrong with a flow whose nodes are well-formed: the ways through it, its prompts, and what may be heard when.
 * Source: issue "main job", IVR; requirements B12, E03, E13, §8.4.
 */
export function checkGraph(flow: Flow, world: FlowWorld): readonly Finding[] {
  const unknown = unknownNodes(flow)
  const own = [...flow.nodes].flatMap(([nodeId, node]) =>
    (node.check?.({ prompts: world.prompts, variables: world.variables ?? {} }) ?? []).map((finding) =>
      under(pointer('nodes', nodeId), finding),
    ),
  )
  const prompts = [...promptFindings(flow, world), ...own]
  if (unknown.length > 0) return [...unknown, ...prompts]
  return [
    ...waysThrough(flow),
    ...optOutFindings(flow),
    ...operatorFindings(flow),
    ...prompts,
    ...noticeFindings(flow),
    ...identityFindings(flow, world),
  ]
}

function unknownNodes({ definition, nodes }: Flow): Finding[] {
  const named = [
    { path: '/start', to: definition.start },
    ...(definition.optOut === undefined ? [] : [{ path: '/optOut/next', to: definition.optOut.next }]),
    ...(definition.operator === undefined ? [] : [{ path: '/operator/next', to: definition.operator.next }]),
    ...[...nodes].flatMap(([nodeId, node]) =>
      node.exits.map((exit) => ({ path: pointer('nodes', nodeId) + exit.path, to: exit.to })),
    ),
  ]
  return named.filter(({ to }) => !nodes.has(to)).map(({ path, to }) => fault('FLOW_NODE_UNKNOWN', path, { node: to }))
}

function waysThrough(flow: Flow): Finding[] {
  const findings: Finding[] = []
  const reached = reach(flow)
  const ending = leadingToAnEnd(flow)
  for (const nodeId of flow.nodes.keys()) {
    const path = pointer('nodes', nodeId)
    if (!reached.has(nodeId)) findings.push(fault('FLOW_NODE_UNREACHABLE', path))
    else if (!ending.has(nodeId)) findings.push(fault('FLOW_DEAD_END', path))
  }
  const circle = silentCircle(flow)
  if (circle !== null) findings.push(fault('FLOW_LOOP_SILENT', pointer('nodes', circle[0] ?? ''), { nodes: circle }))
  return findings
}

/** Nodes that a call may come to. @param passes whether a way on may be taken; by default every one */
function reach(
  flow: Flow,
  {
    through = () => true,
    passes = () => true,
  }: { through?: (node: FlowNode) => boolean; passes?: (exit: Exit) => boolean } = {},
): Set<string> {
  const reached = new Set<string>()
  const waiting = [flow.definition.start]
  for (let nodeId = waiting.pop(); nodeId !== undefined; nodeId = waiting.pop()) {
    const node = flow.nodes.get(nodeId)
    if (node === undefined || reached.has(nodeId)) continue
    reached.add(nodeId)
    if (!through(node)) continue
    waiting.push(
      ...waysOn(flow, node)
        .filter(passes)
        .map(({ to }) => to),
    )
  }
  return reached
}

/** A node's exits, and those that `9` and `0` make. */
function waysOn({ definition }: Flow, node: FlowNode): readonly Exit[] {
  if (!node.offersOptOut) return node.exits
  const keys = [definition.optOut, definition.operator].filter((key) => key !== undefined)
  return [...node.exits, ...keys.map(({ next }) => ({ path: '', to: next, identifies: false }))]
}

function leadingToAnEnd(flow: Flow): Set<string> {
  const ending = new Set<string>()
  for (let before = -1; before !== ending.size; ) {
    before = ending.size
    for (const [nodeId, node] of flow.nodes) {
      // `9` and `0` are ways out of the survey, not of a flow that leads nowhere.
      if (node.ends !== undefined || node.exits.some(({ to }) => ending.has(to))) ending.add(nodeId)
    }
  }
  return ending
}

/** A circle that turns as long as nobody presses anything: its questions' ways out after silence lead back into it. */
function silentCircle({ nodes }: Flow): string[] | null {
  const done = new Set<string>()
  const visit = (nodeId: string, way: readonly string[]): string[] | null => {
    const node = nodes.get(nodeId)
    if (node === undefined || done.has(nodeId)) return null
    if (way.includes(nodeId)) return way.slice(way.indexOf(nodeId))
    for (const { to, unanswered } of node.exits) {
      const circle = node.asks && unanswered !== true ? null : visit(to, [...way, nodeId])
      if (circle !== null) return circle
    }
    done.add(nodeId)
    return null
  }
  for (const nodeId of nodes.keys()) {
    const circle = visit(nodeId, [])
    if (circle !== null) return circle
  }
  return null
}

function optOutFindings({ definition, nodes }: Flow): Finding[] {
  const { optOut } = definition
  if (optOut === undefined) {
    return [...nodes.values()].some((node) => node.offersOptOut) ? [fault('FLOW_OPT_OUT_MISSING', '/optOut')] : []
  }
  return nodes.get(optOut.next)?.ends === 'refused' ? [] : [fault('FLOW_OPT_OUT_NOT_REFUSED', '/optOut/next')]
}

/** `0` leads to a transfer; and who is told of the key has one. */
function operatorFindings({ definition, nodes }: Flow): Finding[] {
  const { operator } = definition
  if (operator !== undefined) {
    return nodes.get(operator.next)?.transfersTo === undefined
      ? [fault('FLOW_OPERATOR_NOT_TRANSFER', '/operator/next', { node: operator.next })]
      : []
  }
  return definition.prompts.flatMap(({ id, when }, index) =>
    when === 'operator' ? [fault('FLOW_OPERATOR_MISSING', pointer('prompts', index, 'when'), { prompt: id })] : [],
  )
}

function promptFindings(flow: Flow, { prompts }: FlowWorld): Finding[] {
  const { definition, nodes, mandatory } = flow
  const findings: Finding[] = []
  const listed = definition.prompts.map(({ id }) => id)
  const spoken = new Set<string>()
  const speaks = (path: string, prompt: string) => {
    spoken.add(prompt)
    if (!listed.includes(prompt)) findings.push(fault('FLOW_PROMPT_UNLISTED', path, { prompt }))
  }
  definition.optOut?.prompts.forEach((prompt, index) => {
    speaks(pointer('optOut', 'prompts', index), prompt)
  })
  for (const [nodeId, node] of nodes) {
    for (const { path, prompt } of node.prompts) {
      const where = pointer('nodes', nodeId) + path
      speaks(where, prompt)
      if (node.asks && mandatory.has(prompt)) {
        findings.push(fault('FLOW_PROMPT_MANDATORY_IN_QUESTION', where, { prompt }))
      }
    }
  }
  for (const [index, prompt] of listed.entries()) {
    const path = pointer('prompts', index, 'id')
    if (listed.indexOf(prompt) !== index) findings.push(fault('FLOW_PROMPT_TWICE', path, { prompt }))
    else findings.push(...prompts.check(prompt, path))
    if (!spoken.has(prompt)) findings.push(warning('FLOW_PROMPT_UNUSED', path, { prompt }))
  }
  return findings
}

/** No way to a survey on which the recording notice was not heard to its end. */
function noticeFindings(flow: Flow): Finding[] {
  const notices = flow.definition.prompts.filter(({ role }) => role === 'recording_notice')
  const findings = notices.flatMap(({ id, mandatory, when }) => {
    if (mandatory === true && when === undefined) return []
    const index = flow.definition.prompts.findIndex((prompt) => prompt.id === id)
    return [fault('FLOW_NOTICE_SKIPPABLE', pointer('prompts', index), { prompt: id })]
  })
  const ids = new Set(notices.map(({ id }) => id))
  const unwarned = reach(flow, { through: (node) => !node.prompts.some(({ prompt }) => ids.has(prompt)) })
  for (const nodeId of unwarned) {
    if (flow.nodes.get(nodeId)?.sensitive) findings.push(fault('FLOW_NOTICE_MISSING', pointer('nodes', nodeId)))
  }
  return findings
}

/** Nothing of health on any way on which nobody said who listens. */
function identityFindings(flow: Flow, { prompts, healthWords }: FlowWorld): Finding[] {
  const findings: Finding[] = []
  const wordIn = (prompt: string) => healthWords.find((word) => prompts.text(prompt)?.includes(word) === true)
  const speak = (path: string, prompt: string) => {
    const word = wordIn(prompt)
    if (word !== undefined) findings.push(fault('FLOW_HEALTH_WORD_EARLY', path, { prompt, word }))
  }
  const anonymous = reach(flow, { passes: (exit) => !exit.identifies })
  for (const nodeId of anonymous) {
    const node = flow.nodes.get(nodeId)
    if (node === undefined) continue
    const path = pointer('nodes', nodeId)
    if (node.sensitive) findings.push(fault('FLOW_IDENTITY_MISSING', path))
    else for (const use of node.prompts) speak(path + use.path, use.prompt)
  }
  flow.definition.optOut?.prompts.forEach((prompt, index) => {
    speak(pointer('optOut', 'prompts', index), prompt)
  })
  return findings
}
