/** The storeys of the house (docs: how the house is built, §2). Imports go down only; the outbuildings stand alone. */
const storeys = ['src/platform', 'src/telephony', 'src/contact-center', 'src/follow-up']
const house = [...storeys, 'src/main.ts', 'src/app.ts', 'src/app', 'src/cli.ts']
const among = (paths) => `^(${paths.join('|')})(/|$)`

/** Of each storey: it imports none above it. */
const upward = storeys.slice(0, -1).map((storey, level) => ({
  name: `${storey.replace('src/', '')}-imports-nothing-above`,
  comment: 'A lower storey returns a value or emits a typed event, which app.ts connects.',
  severity: 'error',
  from: { path: among([storey]) },
  to: { path: among([...storeys.slice(level + 1), 'src/main.ts', 'src/app.ts', 'src/app', 'src/cli.ts']) },
}))

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'nobody-imports-the-composition-root',
      comment: 'app.ts and the rooms of app/ know every storey; only the entrances know app.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/((main|app|cli)\\.ts$|app/)' },
      to: { path: '^src/((main|app|cli)\\.ts$|app/)' },
    },
    {
      name: 'softswitch-stands-alone',
      comment: 'It is a stand-in for other people’s servers: it must not know ours.',
      severity: 'error',
      from: { path: '^src/softswitch/' },
      to: { path: among([...house, 'src/carrier', 'src/console']) },
    },
    {
      name: 'carrier-knows-sip-and-media-only',
      comment: 'And how a program of ours is started and found again.',
      severity: 'error',
      from: { path: '^src/carrier/' },
      to: { path: '^src/', pathNot: '^src/(carrier|softswitch/(sip|media|program))/' },
    },
    {
      name: 'house-starts-the-outbuildings-and-imports-nothing-of-them',
      comment:
        'They are processes of their own, reached over sockets as the real servers are; `x-process.ts` starts one.',
      severity: 'error',
      from: { path: among(house) },
      to: {
        path: '^src/(softswitch|carrier)/',
        pathNot: '^src/(softswitch|carrier)/[a-z-]+-process\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'console-imports-types-only',
      comment: 'Whatever it takes from the house must vanish when it is built.',
      severity: 'error',
      from: { path: '^src/console/' },
      to: { path: '^src/', pathNot: '^src/console/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nobody-imports-the-console',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/console/' },
      to: { path: '^src/console/' },
    },
    {
      name: 'telephone-libraries-stay-in-telephony',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/telephony/' },
      to: { path: 'node_modules/(drachtio-srf|drachtio-fsmrf|drachtio-modesl|modesl)/' },
    },
    {
      name: 'a-noun-does-no-io',
      comment: 'Types and pure functions beside `-store` and `-service` hold no database.',
      severity: 'error',
      from: { path: '^src/(follow-up|contact-center)/', pathNot: '-(store|service|routes|tables)\\.ts$|\\.test\\.ts$' },
      to: { path: 'node_modules/pg/' },
    },
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-test-code-in-the-house',
      severity: 'error',
      comment: '`x-attack.ts` beside a noun holds the random inputs that several of its tests share.',
      from: { path: '^src/', pathNot: '(\\.test|-attack)\\.ts$' },
      to: { path: '^test/|node_modules/(vitest|fast-check)/' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
