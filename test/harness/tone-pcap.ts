import { encodeG711 } from '#softswitch/media/g711.ts'
import { sine } from './tones.ts'

const samplesAPacket = 160
const headers = { ethernet: 14, ip: 20, udp: 8, rtp: 12 }

/** A capture for sipp's `play_pcap_audio`: a tone in G.711 µ-law, a packet each 20 ms. */
export function tonePcap(frequency: number, seconds: number): Buffer {
  const file = Buffer.alloc(24)
  file.writeUInt32LE(0xa1b2c3d4, 0)
  file.writeUInt16LE(2, 4)
  file.writeUInt16LE(4, 6)
  file.writeUInt32LE(65_535, 16)
  file.writeUInt32LE(1, 20) // Ethernet
  return Buffer.concat([file, ...Array.from({ length: seconds * 50 }, (_, index) => packet(frequency, index))])
}

function packet(frequency: number, index: number): Buffer {
  const { ethernet, ip, udp, rtp } = headers
  const start = ethernet + ip + udp
  const length = start + rtp + samplesAPacket
  const bytes = Buffer.alloc(16 + length)
  bytes.writeUInt32LE(Math.floor(index / 50), 0)
  bytes.writeUInt32LE((index % 50) * 20_000, 4)
  bytes.writeUInt32LE(length, 8)
  bytes.writeUInt32LE(length, 12)
  const frame = bytes.subarray(16)
  frame.writeUInt16BE(0x0800, 12)
  frame[ethernet] = 0x45
  frame.writeUInt16BE(length - ethernet, ethernet + 2)
  frame[ethernet + 8] = 64
  frame[ethernet + 9] = 17
  frame.writeUInt32BE(0x7f000001, ethernet + 12)
  frame.writeUInt32BE(0x7f000001, ethernet + 16)
  frame.writeUInt16BE(6000, ethernet + ip)
  frame.writeUInt16BE(6000, ethernet + ip + 2)
  frame.writeUInt16BE(length - ethernet - ip, ethernet + ip + 4)
  frame[start] = 0x80
  frame.writeUInt16BE(index, start + 2)
  frame.writeUInt32BE(index * samplesAPacket, start + 4)
  frame.writeUInt32BE(0x5eed, start + 8)
  const samples = sine(frequency, samplesAPacket, 8000, index * samplesAPacket)
  encodeG711('PCMU', samples, samplesAPacket, frame, start + rtp)
  return bytes
}
