/**
 * Records the golden transcripts from the real pair that the environment names (pair.ts), into test/fixtures/golden or
 * the folder that is named:
 *
 *     SWITCH=real DRACHTIO_HOST=… … node test/contract/golden/record.ts [folder]
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openPair } from '../pair.ts'
import { sipAddressOf } from '../register-client.ts'
import { DrachtioClient } from '../wire/drachtio-client.ts'
import { MediaDesk } from '../wire/media-desk.ts'
import { drachtioScripts, runDrachtioScript } from './drachtio-scripts.ts'
import { eventSocketScripts, runEventSocketScript } from './event-socket-scripts.ts'
import { type GoldenFile, shorten } from './transcript.ts'

const folder = process.argv[2] ?? join(import.meta.dirname, '../../fixtures/golden')
const pair = await openPair()

const desk = await MediaDesk.open(pair)
const media: { name: string; said: ReturnType<typeof shorten> }[] = []
for (const name of eventSocketScripts) media.push({ name, said: shorten(await runEventSocketScript(name, desk)) })
const version = (await desk.control.api('version')).trim()
await desk.close()
await write('event-socket.json', { source: `${version}, ${today()}`, scripts: media })

const address = await sipAddressOf(pair.drachtio)
const sip: { name: string; said: ReturnType<typeof shorten> }[] = []
for (const name of drachtioScripts) sip.push({ name, said: shorten(await runDrachtioScript(name, pair, address)) })
const client = await DrachtioClient.reach(pair.drachtio)
const signedIn = await client.ask('authenticate', [pair.drachtio.secret, ''])
client.close()
await write('drachtio.json', { source: `drachtio-server ${signedIn.fields[5]}, ${today()}`, scripts: sip })
await pair.close()
process.exit(0)

async function write(name: string, file: GoldenFile): Promise<void> {
  const scripts = file.scripts.map(
    ({ name: script, said }) =>
      `{"name": ${JSON.stringify(script)}, "said": [\n${said.map((line) => JSON.stringify(line)).join(',\n')}\n]}`,
  )
  const text = `{"source": ${JSON.stringify(file.source)}, "scripts": [\n${scripts.join(',\n')}\n]}\n`
  await writeFile(join(folder, name), text)
}

function today(): string {
  return new Date().toISOString().slice(0, 10)
}
